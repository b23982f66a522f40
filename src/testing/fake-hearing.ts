import { BoundedQueue } from "#core/bounded-queue.ts";
import type { PcmFrame } from "#core/pcm.ts";
import type { CommandVocabulary } from "#core/transducer/token-grammar.ts";
import type { Ear, EarListener, EarUtterance, Hearing } from "#ports/hearing.ts";
import type { SttPart } from "#ports/speech-to-text.ts";
import type { WakeDetection, WakePhrase } from "#ports/wake-word.ts";

/** One utterance begun on a fake ear. The test says what is understood. */
export class FakeEarUtterance implements EarUtterance {
  readonly fromSample: number;
  readonly #parts = new BoundedQueue<SttPart>(1000, "drop-newest");
  readonly #signal: AbortSignal;
  /** Whether the listener has said that no more audio belongs to it. */
  finished = false;

  constructor(fromSample: number, signal: AbortSignal) {
    this.fromSample = fromSample;
    this.#signal = signal;
    const stop = () => this.#parts.fail(signal.reason);
    if (signal.aborted) stop();
    else signal.addEventListener("abort", stop, { once: true });
  }

  finish(): void {
    this.finished = true;
  }

  /** Let the utterance say something; after a final part it is over. */
  say(part: SttPart): void {
    this.#parts.push(part);
    if (part.kind === "final") this.#parts.end();
  }

  /** Let the engine fail. */
  fail(error: Error): void {
    this.#parts.fail(error);
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<SttPart, void, undefined> {
    for await (const part of this.#parts) {
      this.#signal.throwIfAborted();
      yield part;
    }
  }
}

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
  /** Whether it can read utterances; if not, `utterance` gives none, and a recogniser must do it. */
  reads = false;
  /** Every utterance begun, oldest first. */
  readonly utterances: FakeEarUtterance[] = [];
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

  utterance({ fromSample, signal }: { fromSample: number; signal: AbortSignal }): EarUtterance | undefined {
    if (!this.reads || !this.isOpen) return undefined;
    const utterance = new FakeEarUtterance(fromSample, signal);
    this.utterances.push(utterance);
    return utterance;
  }

  /** Report how near a phrase came. */
  hearWakeScore(score: number, phrase = this.phrases[0]?.text ?? ""): void {
    if (this.isOpen)
      this.#listener.onWakeScore?.({ phrase, score, threshold: 0.5, endSample: this.endSample });
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
  /** Whether ears opened from now on read utterances. */
  reads = false;
  /** The commands told last. */
  vocabulary: CommandVocabulary | undefined;

  setVocabulary(vocabulary: CommandVocabulary): void {
    this.vocabulary = vocabulary;
  }

  open(options: {
    readonly satelliteId: string;
    readonly phrases: readonly WakePhrase[];
    readonly listener: EarListener;
    readonly signal: AbortSignal;
  }): FakeEar {
    const ear = new FakeEar(options.satelliteId, options.phrases, options.listener, options.signal);
    ear.reads = this.reads;
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
