import type { PcmFrame } from "#core/pcm.ts";
import type { Ear, EarListener, Hearing } from "#ports/hearing.ts";
import type { WakeDetection, WakePhrase } from "#ports/wake-word.ts";

/** One ear the fake has opened. The test fires what it hears by hand. */
export class FakeEar implements Ear {
  readonly satelliteId: string;
  readonly #listener: EarListener;
  readonly #signal: AbortSignal;
  /** Every frame pushed, with the index of its first sample. */
  readonly pushed: { readonly frame: PcmFrame; readonly firstSample: number }[] = [];
  /** The phrases it listens for now. */
  phrases: readonly WakePhrase[];
  droppedFrames = 0;
  /** While true, frames are dropped and counted, as behind an engine that restarts. */
  deaf = false;

  constructor(
    satelliteId: string,
    phrases: readonly WakePhrase[],
    listener: EarListener,
    signal: AbortSignal,
  ) {
    this.satelliteId = satelliteId;
    this.phrases = phrases;
    this.#listener = listener;
    this.#signal = signal;
  }

  /** Whether the ear is still listening. */
  get isOpen(): boolean {
    return !this.#signal.aborted;
  }

  /** Index of the first sample after the last frame pushed. */
  get endSample(): number {
    const last = this.pushed.at(-1);
    return last ? last.firstSample + last.frame.length : 0;
  }

  push(frame: PcmFrame, firstSample: number): void {
    if (!this.isOpen) return;
    if (this.deaf) this.droppedFrames += 1;
    else this.pushed.push({ frame: frame.slice(), firstSample });
  }

  setPhrases(phrases: readonly WakePhrase[]): void {
    this.phrases = phrases;
  }

  /** Report a voice-activity window that ends where the frames pushed so far end. */
  hearVoice(score: number, endSample = this.endSample): void {
    if (this.isOpen) this.#listener.onVoice({ score, endSample });
  }

  /** Report a wake phrase that took the last 600 ms, if the ear listens for any. */
  hearWake(detection: Partial<WakeDetection> = {}): void {
    const phrase = detection.phrase ?? this.phrases[0]?.text;
    if (!this.isOpen || phrase === undefined) return;
    const endSample = detection.endSample ?? this.endSample;
    const startSample = detection.startSample ?? Math.max(0, endSample - 9600);
    this.#listener.onWake({ phrase, score: detection.score ?? 0.9, startSample, endSample });
  }
}

/** Hearing whose ears hear what the test says. */
export class FakeHearing implements Hearing {
  readonly name = "fake-hearing";
  /** Every ear opened, oldest first, closed ones included. */
  readonly ears: FakeEar[] = [];

  open(options: {
    readonly satelliteId: string;
    readonly phrases: readonly WakePhrase[];
    readonly listener: EarListener;
    readonly signal: AbortSignal;
  }): FakeEar {
    const ear = new FakeEar(options.satelliteId, options.phrases, options.listener, options.signal);
    this.ears.push(ear);
    return ear;
  }

  /**
   * The newest open ear of a satellite.
   *
   * @throws {Error} when it has none: the test expected one.
   */
  ear(satelliteId: string): FakeEar {
    const ear = this.ears.findLast((other) => other.satelliteId === satelliteId && other.isOpen);
    if (!ear) throw new Error(`no open ear for ${satelliteId}`);
    return ear;
  }
}
