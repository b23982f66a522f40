import { BoundedQueue } from "#core/bounded-queue.ts";
import { type EndpointDecision, Endpointer, type EndpointOptions } from "#core/endpoint.ts";
import { FRAME_MS, msOf, type PcmFrame, samplesOf } from "#core/pcm.ts";
import type { FrameRing } from "#core/ring.ts";
import { type TimedWord, withoutWakePhrase, wordsOf } from "#core/wake-phrase.ts";
import type { SpeechToText, SttPart } from "#ports/speech-to-text.ts";

/** The wake phrase an utterance follows. */
export interface HeardWake {
  readonly phrase: string;
  readonly startSample: number;
  readonly endSample: number;
}

/** What a person said. */
export interface Utterance {
  /** Without the wake phrase; empty when nothing was understood. */
  readonly text: string;
  readonly confidence: number;
  readonly language: string | undefined;
}

/** Options of one utterance. */
export interface ListenOptions extends EndpointOptions {
  /** Audio from before the wake or button that still belongs to the utterance. */
  readonly preRollMs: number;
  readonly wake: HeardWake | undefined;
  readonly signal: AbortSignal;
  readonly language: string;
  onDecision(decision: EndpointDecision): void;
  onInterim(text: string, confidence: number): void;
}

// The end of a wake phrase is an estimate: voice up to this long after it is still its last syllable dying away.
const WAKE_TAIL_MS = 150;
// A recogniser understands a phrase better with a little of what came before it.
const WAKE_LEAD_IN_MS = 300;
// A word whose first piece is recognised this soon after the phrase's last piece is still the phrase.
const WORD_AFTER_WAKE_MS = 30;

/**
 * Frames become an utterance.
 *
 * Begins with what the ring still holds from the wake phrase (or the pre-roll) on and follows the microphone until
 * `close`, handing every frame to the recogniser as it comes. The recogniser hears the wake phrase too, because it
 * understands the words after it better that way; the phrase is then left out of the text by its time.
 */
export class Listening {
  readonly #queue: BoundedQueue<PcmFrame>;
  readonly #endpointer: Endpointer;
  readonly #options: ListenOptions;
  readonly #sttStartSample: number;
  #text = "";
  /** The finished utterance; rejects with the signal's reason on abort, or the engine's error. */
  readonly utterance: Promise<Utterance>;

  constructor(stt: SpeechToText, ring: FrameRing, options: ListenOptions) {
    this.#options = options;
    const now = ring.nextSample;
    const wake = options.wake;
    const from = wake ? wake.startSample - samplesOf(WAKE_LEAD_IN_MS) : now - samplesOf(options.preRollMs);
    const preRoll = ring.framesFrom(Math.max(0, from));
    this.#sttStartSample = preRoll.firstSample;
    this.#endpointer = new Endpointer(
      options,
      wake ? wake.endSample + samplesOf(WAKE_TAIL_MS) : preRoll.firstSample,
    );
    // Everything an utterance may hold, so that a recogniser that starts late still hears all of it.
    const limit =
      Math.ceil((options.maxUtteranceMs + options.noSpeechMs) / FRAME_MS) + preRoll.frames.length + 50;
    this.#queue = new BoundedQueue<PcmFrame>(limit, "drop-oldest");
    for (const frame of preRoll.frames) this.#queue.push(frame);
    options.signal.addEventListener("abort", () => this.#queue.end(), { once: true });
    this.utterance = this.#transcribe(stt);
    // Awaited by the turn; marked here so that an abort before that is not an unhandled rejection.
    this.utterance.catch(() => undefined);
  }

  /** First sample the recogniser was given. */
  get firstSample(): number {
    return this.#sttStartSample;
  }

  /** Frames the recogniser was too slow to take. */
  get droppedFrames(): number {
    return this.#queue.dropped;
  }

  /** One more frame from the microphone. */
  frame(frame: PcmFrame, firstSample: number): void {
    this.#queue.push(frame);
    this.#decide(this.#endpointer.heard(firstSample + frame.length));
  }

  /** A voice score for audio up to `endSample`. */
  voice(score: number, endSample: number): void {
    this.#decide(this.#endpointer.voice(score, endSample, this.#text !== ""));
  }

  /** No more audio belongs to the utterance. */
  close(): void {
    this.#queue.end();
  }

  #decide(decision: EndpointDecision | undefined): void {
    if (decision) this.#options.onDecision(decision);
  }

  async #transcribe(stt: SpeechToText): Promise<Utterance> {
    const { signal, language } = this.#options;
    let final: Extract<SttPart, { kind: "final" }> | undefined;
    for await (const part of stt.transcribe(this.#queue, { signal, language })) {
      if (part.kind === "final") {
        final = part;
        break;
      }
      const text = this.#withoutWake(part);
      if (text === this.#text) continue;
      this.#text = text;
      if (text !== "") this.#options.onInterim(text, part.confidence);
    }
    signal.throwIfAborted();
    return {
      text: final ? this.#withoutWake(final) : this.#text,
      confidence: final?.confidence ?? 0,
      language: final?.language,
    };
  }

  #withoutWake(part: SttPart): string {
    const wake = this.#options.wake;
    if (!wake) return part.text.trim();
    const timed: readonly TimedWord[] =
      part.words ?? wordsOf(part.text).map((text) => ({ text, startMs: undefined }));
    const phraseEndMs = msOf(wake.endSample - this.#sttStartSample) + WORD_AFTER_WAKE_MS;
    return withoutWakePhrase(timed, wake.phrase, phraseEndMs).join(" ");
  }
}
