import { msOf, samplesOf } from "#core/pcm.ts";
import type { UtteranceStream } from "#ports/hearing-engine.ts";
import type { SttPart } from "#ports/speech-to-text.ts";
import { ENCODER_SHAPE } from "./encoder-states.ts";
import { ENCODER_FRAME_SAMPLES, type EncoderStream } from "./encoder-stream.ts";
import type { UtteranceReading } from "./utterance-reading.ts";

type Interim = Extract<SttPart, { kind: "interim" }>;
type Final = Extract<SttPart, { kind: "final" }>;

const { frames: STEP_FRAMES, width: WIDTH } = ENCODER_SHAPE;
/** Silence thought behind what was heard: the encoder looks this far ahead before it gives the last word. */
const TAIL = new Int16Array(samplesOf(600));
/** Silence after which it is worth asking whether the person is done. */
const PAUSE_MS = 200;
// Silero's recommended pair, as in core/endpoint.ts.
const SPEECH_ON = 0.5;
const SPEECH_OFF = 0.35;

export interface LiveUtteranceOptions {
  readonly reading: UtteranceReading;
  /** The stream's encoder; cloned to look ahead. */
  readonly encoder: EncoderStream;
  readonly fromSample: number;
  /** The utterance is over. */
  readonly closed: () => void;
}

/** An utterance under way on a stream. */
export class LiveUtterance implements UtteranceStream {
  readonly #options: LiveUtteranceOptions;
  /** Samples between where the utterance was asked to begin and where its first encoder frame does. */
  #offset: number | undefined;
  #said = "";
  #pending: Interim | undefined;
  /** Last sample with voice, once there was speech. */
  #voiceEnd: number | undefined;
  /** What was thought to be said at a pause; good until there is voice again. */
  #thought: Final | undefined;

  constructor(options: LiveUtteranceOptions) {
    this.#options = options;
  }

  /** One encoder step, whose first frame begins at `sample`; what lies before the utterance is left out. */
  push(frames: Float32Array, sample: number): void {
    const { fromSample, reading } = this.#options;
    const early = Math.max(0, Math.ceil((fromSample - sample) / ENCODER_FRAME_SAMPLES));
    if (early >= STEP_FRAMES) return;
    this.#offset ??= sample + early * ENCODER_FRAME_SAMPLES - fromSample;
    reading.push(frames.subarray(early * WIDTH), STEP_FRAMES - early);
    const { text, confidence, words } = this.#transcript(reading);
    // A look ahead knows more than this until something is said that it did not expect.
    if (text === this.#said || this.#thought?.text.startsWith(text)) return;
    this.#thought = undefined;
    this.#said = text;
    this.#pending = { kind: "interim", text, confidence, words };
  }

  /** A voice score; at a pause it is decided whether the person may be done. */
  voice(score: number, endSample: number): void {
    if (endSample <= this.#options.fromSample) return;
    if (score >= SPEECH_ON || (score >= SPEECH_OFF && this.#voiceEnd !== undefined)) {
      this.#voiceEnd = endSample;
      this.#thought = undefined;
      return;
    }
    if (this.#voiceEnd === undefined || this.#thought) return;
    if (msOf(endSample - this.#voiceEnd) < PAUSE_MS) return;
    const ahead = this.#lookAhead();
    const completeness = ahead.completeness();
    this.#thought = this.#final(ahead);
    const { text, confidence, words } = this.#transcript(ahead);
    if (completeness === undefined || (completeness === "open" && text === "")) return;
    this.#pending = { kind: "interim", text, confidence, words, completeness };
    this.#said = text;
  }

  next(): Interim | undefined {
    const pending = this.#pending;
    this.#pending = undefined;
    return pending;
  }

  finish(): Final {
    // Nothing was said after the pause that was looked at, so what was thought then is so.
    const final = this.#thought ?? this.#final(this.#lookAhead());
    this[Symbol.dispose]();
    return final;
  }

  [Symbol.dispose](): void {
    this.#options.closed();
  }

  /** What would be understood if silence followed. */
  #lookAhead(): UtteranceReading {
    const ahead = this.#options.reading.clone();
    this.#options.encoder.clone().push(TAIL, (frames) => ahead.push(frames, STEP_FRAMES));
    return ahead;
  }

  #transcript(reading: UtteranceReading) {
    const { text, confidence, words } = reading.transcript();
    const offsetMs = msOf(this.#offset ?? 0);
    return {
      text,
      confidence,
      words: words.map((word) => ({ text: word.text, startMs: Math.round(word.startMs + offsetMs) })),
    };
  }

  #final(reading: UtteranceReading): Final {
    const heard = reading.command();
    return {
      kind: "final",
      ...this.#transcript(reading),
      language: "en",
      ...(heard ? { command: heard.command } : {}),
    };
  }
}
