import { EngineError } from "#core/faults.ts";
import { FRAME_SAMPLES, type PcmFrame } from "#core/pcm.ts";
import type { VoiceActivityStream } from "#ports/voice-activity.ts";
import type { WakePhrase, WakeWordStream } from "#ports/wake-word.ts";
import type { HostMessage } from "#protocol/engine-host.ts";
import type { Engines } from "./engines.ts";
import { faultOf } from "./fault-of.ts";
import type { Slices } from "./slices.ts";

/** Frames analysed before the hub is told so: a tenth of the window, so that credit costs five messages a second. */
const CREDIT_FRAMES = 10;

type Work =
  | { readonly kind: "frame"; readonly frame: PcmFrame; readonly firstSample: number }
  | { readonly kind: "phrases"; readonly phrases: readonly WakePhrase[] };

interface HostEar {
  readonly stream: number;
  readonly queue: Work[];
  readonly voice: VoiceActivityStream | undefined;
  wake: WakeWordStream | undefined;
  nextSample: number | undefined;
  analysedFrames: number;
  closed: boolean;
}

/**
 * The ears of one host: every one has its own queue, and they are served in turn, one frame each.
 *
 * A satellite that pours in two seconds at once therefore delays another by one frame's work, not by its hundred.
 * An engine that throws while it analyses is broken beyond its stream; the error goes to `broken` and ends the
 * process, and the hub starts a fresh one.
 */
export class HostEars {
  readonly #engines: Engines;
  readonly #send: (message: HostMessage) => void;
  readonly #slices: Slices;
  readonly #broken: (error: unknown) => void;
  readonly #ears = new Map<number, HostEar>();
  /** Ears with work, the next to be served first. */
  readonly #waiting: HostEar[] = [];
  #serving = false;

  constructor(
    engines: Engines,
    send: (message: HostMessage) => void,
    slices: Slices,
    broken: (error: unknown) => void,
  ) {
    this.#engines = engines;
    this.#send = send;
    this.#slices = slices;
    this.#broken = broken;
  }

  open(stream: number, phrases: readonly WakePhrase[]): void {
    const ear: HostEar = {
      stream,
      queue: [],
      voice: this.#engines.voiceActivity?.open(),
      wake: undefined,
      nextSample: undefined,
      analysedFrames: 0,
      closed: false,
    };
    this.#ears.set(stream, ear);
    this.setPhrases(stream, phrases);
  }

  setPhrases(stream: number, phrases: readonly WakePhrase[]): void {
    this.#enqueue(stream, { kind: "phrases", phrases });
  }

  push(stream: number, frame: PcmFrame, firstSample: number): void {
    this.#enqueue(stream, { kind: "frame", frame, firstSample });
  }

  /** Forget an ear; harmless when there is none. */
  close(stream: number): void {
    const ear = this.#ears.get(stream);
    if (!ear) return;
    this.#ears.delete(stream);
    ear.closed = true;
    ear.queue.length = 0;
    ear.voice?.[Symbol.dispose]();
    ear.wake?.[Symbol.dispose]();
  }

  closeAll(): void {
    for (const stream of [...this.#ears.keys()]) this.close(stream);
  }

  #enqueue(stream: number, work: Work): void {
    const ear = this.#ears.get(stream);
    if (!ear) return; // Closed while this was on its way.
    ear.queue.push(work);
    if (ear.queue.length === 1) this.#waiting.push(ear);
    if (this.#serving) return;
    this.#serving = true;
    this.#serve().catch(this.#broken);
  }

  async #serve(): Promise<void> {
    try {
      // Let the pipe's read end first: what arrived together is served in turns.
      await this.#slices.next();
      for (let ear = this.#waiting.shift(); ear; ear = this.#waiting.shift()) {
        const work = ear.queue.shift();
        if (work) this.#perform(ear, work);
        if (ear.queue.length > 0) this.#waiting.push(ear);
        if (this.#slices.due) await this.#slices.next();
      }
    } finally {
      this.#serving = false;
    }
  }

  #perform(ear: HostEar, work: Work): void {
    if (ear.closed) return;
    if (work.kind === "phrases") {
      ear.wake?.[Symbol.dispose]();
      ear.wake = this.#openWake(ear.stream, work.phrases);
      return;
    }
    const { frame, firstSample } = work;
    if (ear.nextSample !== undefined && ear.nextSample !== firstSample) {
      ear.voice?.reset();
      ear.wake?.reset();
    }
    ear.nextSample = firstSample + FRAME_SAMPLES;
    const score = ear.voice?.push(frame);
    if (score !== undefined) {
      this.#send({ kind: "voice", stream: ear.stream, score, endSample: ear.nextSample });
    }
    const wake = ear.wake?.push(frame, firstSample);
    if (wake) this.#send({ kind: "wake", stream: ear.stream, ...wake });
    ear.analysedFrames += 1;
    if (ear.analysedFrames < CREDIT_FRAMES) return;
    this.#send({ kind: "consumed", stream: ear.stream, amount: ear.analysedFrames });
    ear.analysedFrames = 0;
  }

  /** Open what the engine can spell of `phrases`; one bad phrase must not silence the others. */
  #openWake(stream: number, phrases: readonly WakePhrase[]): WakeWordStream | undefined {
    const engine = this.#engines.wakeWord;
    if (!engine || phrases.length === 0) return undefined;
    try {
      return engine.open(phrases);
    } catch (error) {
      if (!(error instanceof EngineError)) throw error;
      this.#send({ kind: "error", stream, ...faultOf(error) });
      if (phrases.length === 1) return undefined;
    }
    const spellable = phrases.filter((phrase) => {
      try {
        engine.open([phrase])[Symbol.dispose]();
        return true;
      } catch (error) {
        if (error instanceof EngineError) return false;
        throw error;
      }
    });
    return spellable.length > 0 ? engine.open(spellable) : undefined;
  }
}
