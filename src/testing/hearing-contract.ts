import { describe, expect, test } from "bun:test";
import { Cancelled } from "#core/faults.ts";
import { FRAME_SAMPLES, type PcmFrame } from "#core/pcm.ts";
import type { Ear, EarListener, Hearing, VoiceScore } from "#ports/hearing.ts";
import type { WakeDetection, WakePhrase } from "#ports/wake-word.ts";

/** What an adapter brings so that the suite can run. */
export interface HearingContractOptions {
  /** The hearing under test; called once per test. */
  readonly open: () => Hearing | Promise<Hearing>;
  /** Push frames from `firstSample` on that hold speech; make the engine report it if it does not by itself. */
  readonly speak: (ear: Ear, firstSample: number) => void;
  /** Push frames from `firstSample` on that hold `WAKE_PHRASE`; likewise. */
  readonly wake: (ear: Ear, firstSample: number) => void;
  /** Longest one test may take, in ms; default 5000. */
  readonly timeoutMs?: number;
}

/** The phrase of the suite's ears. */
export const WAKE_PHRASE: WakePhrase = { text: "hey tars", sensitivity: 0.5 };

/** Collects what an ear reports and lets a test await it. */
export class RecordingEarListener implements EarListener {
  readonly voices: VoiceScore[] = [];
  readonly wakes: WakeDetection[] = [];
  #waiting: { readonly met: () => boolean; readonly resolve: () => void }[] = [];

  onVoice(score: VoiceScore): void {
    this.voices.push(score);
    this.#check();
  }

  onWake(detection: WakeDetection): void {
    this.wakes.push(detection);
    this.#check();
  }

  /** Resolves once `condition` holds, asked after every report. */
  until(condition: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.push({ met: condition, resolve });
      this.#check();
    });
  }

  #check(): void {
    const met = this.#waiting.filter((waiter) => waiter.met());
    this.#waiting = this.#waiting.filter((waiter) => !met.includes(waiter));
    for (const waiter of met) waiter.resolve();
  }
}

/** What every hearing must do, whoever is behind it. */
export function hearingContract(name: string, options: HearingContractOptions): void {
  const timeoutMs = options.timeoutMs ?? 5000;
  const silence: PcmFrame = new Int16Array(FRAME_SAMPLES);

  async function openEar(phrases: readonly WakePhrase[], satelliteId = "kitchen") {
    const hearing = await options.open();
    const listener = new RecordingEarListener();
    const controller = new AbortController();
    const ear = hearing.open({ satelliteId, phrases, listener, signal: controller.signal });
    return { hearing, listener, controller, ear };
  }

  describe(name, () => {
    test(
      "speech is reported with a score from 0 to 1, on the session's own count",
      async () => {
        const { listener, ear } = await openEar([]);
        const startSample = 1_000_000;

        options.speak(ear, startSample);
        await listener.until(() => listener.voices.some(({ score }) => score > 0.5));

        expect(listener.voices.filter(({ score }) => !(score >= 0 && score <= 1))).toEqual([]);
        expect(listener.voices.filter(({ endSample }) => endSample <= startSample)).toEqual([]);
      },
      timeoutMs,
    );

    test(
      "a wake phrase is reported once, on the session's own count",
      async () => {
        const { listener, ear } = await openEar([WAKE_PHRASE]);
        const startSample = 32_000;

        options.wake(ear, startSample);
        await listener.until(() => listener.wakes.length > 0);
        const wake = listener.wakes[0];

        expect(listener.wakes).toHaveLength(1);
        expect(wake?.phrase).toBe(WAKE_PHRASE.text);
        expect(wake?.endSample).toBeGreaterThan(startSample);
        expect(wake?.startSample).toBeLessThan(wake?.endSample ?? 0);
      },
      timeoutMs,
    );

    test(
      "an ear without phrases is never woken, and is once it is given one",
      async () => {
        const { listener, ear } = await openEar([]);

        options.wake(ear, 0);
        options.speak(ear, 48_000);
        await listener.until(() => listener.voices.some(({ endSample }) => endSample > 48_000));
        const before = listener.wakes.length;
        ear.setPhrases([WAKE_PHRASE]);
        options.wake(ear, 96_000);
        await listener.until(() => listener.wakes.length > 0);

        expect(before).toBe(0);
        expect(listener.wakes[0]?.endSample).toBeGreaterThan(96_000);
      },
      timeoutMs,
    );

    test(
      "an ear reports nothing after its signal aborted, and pushing to it is harmless",
      async () => {
        const { hearing, listener, controller, ear } = await openEar([WAKE_PHRASE]);
        const other = new RecordingEarListener();
        const signal = new AbortController().signal;
        const witness = hearing.open({ satelliteId: "hall", phrases: [], listener: other, signal });

        controller.abort(new Cancelled("disconnect"));
        options.wake(ear, 0);
        options.speak(ear, 48_000);
        // Frames are served in order, so once the witness has heard, the closed ear had its chance.
        options.speak(witness, 0);
        await other.until(() => other.voices.length > 0);

        expect(listener.voices).toEqual([]);
        expect(listener.wakes).toEqual([]);
      },
      timeoutMs,
    );

    test(
      "an ear opened on an aborted signal is closed from the start",
      async () => {
        const hearing = await options.open();
        const listener = new RecordingEarListener();

        const ear = hearing.open({
          satelliteId: "kitchen",
          phrases: [WAKE_PHRASE],
          listener,
          signal: AbortSignal.abort(new Cancelled("shutdown")),
        });
        ear.push(silence, 0);
        ear.setPhrases([]);

        expect(listener.voices).toEqual([]);
      },
      timeoutMs,
    );

    test(
      "each ear hears only its own satellite",
      async () => {
        const { hearing, listener, ear } = await openEar([WAKE_PHRASE]);
        const other = new RecordingEarListener();
        const signal = new AbortController().signal;
        const quiet = hearing.open({
          satelliteId: "hall",
          phrases: [WAKE_PHRASE],
          listener: other,
          signal,
        });

        quiet.push(silence, 0);
        options.wake(ear, 0);
        await listener.until(() => listener.wakes.length > 0);

        expect(other.wakes).toEqual([]);
      },
      timeoutMs,
    );

    test(
      "an ear that keeps up loses nothing",
      async () => {
        const { listener, ear } = await openEar([]);

        options.speak(ear, 0);
        await listener.until(() => listener.voices.length > 0);

        expect(ear.droppedFrames).toBe(0);
      },
      timeoutMs,
    );
  });
}
