import { msOf } from "#core/pcm.ts";

/**
 * When has a person finished speaking?
 *
 * Fed with voice-activity scores on the session's sample count; time is audio time, so the decision is the same
 * for a live microphone and for a recording streamed at ten times its speed. A detector that is still warming up
 * sends no score, and no score is *unknown*, never silence: a command that starts in those first windows is heard.
 */
export interface EndpointOptions {
  /** Silence that ends an utterance, 200..3000 ms. */
  readonly silenceMs: number;
  /** How long to wait for the first word. */
  readonly noSpeechMs: number;
  /** Longest utterance. */
  readonly maxUtteranceMs: number;
}

/**
 * What a recogniser that knows the commands makes of the words so far.
 *
 * `closed`: a whole command, and nothing longer begins like it. `extensible`: a whole command that could go on ("set
 * a timer for ten minutes" … "and thirty seconds"). `open`: anything else.
 */
export type Completeness = "closed" | "extensible" | "open";

/** What has been decided. `speech-started` may be followed by `false-start` and again by `speech-started`. */
export type EndpointDecision =
  | { readonly kind: "speech-started"; readonly sample: number }
  /** What began was too short to be a word and nothing was recognised in it. */
  | { readonly kind: "false-start" }
  | { readonly kind: "utterance-end"; readonly speechEndSample: number; readonly by: "silence" | "cap" }
  | { readonly kind: "no-speech" };

// Silero's recommended pair: speech begins at 0.5 and goes on down to 0.35, so that a soft syllable does not end it.
const SPEECH_ON = 0.5;
const SPEECH_OFF = 0.35;
// Three windows of 32 ms: a click or a plate is shorter, the shortest command word ("stop", "no") is not.
const MIN_SPEECH_MS = 90;
// Speech this short in which nothing was recognised is the tail of a wake phrase or a cough, not a command.
const FALSE_START_MS = 350;

// The silence after which a whole command has ended. A person who pauses inside "turn on … the light" is not cut,
// because what stands before the pause is no whole command. Measured on recorded commands and sentences: half of all
// utterances end after 268 ms, with 2 % cut at pauses of 400 and 600 ms.
const CLOSED_MS = 200;
const EXTENSIBLE_MS = 448;

// A detector that gave scores and then gives none has been lost: its engine is being restarted. What was said until
// then is an utterance; waiting for the longest one would keep a person waiting for nothing.
const VOICE_LOST_MS = 2000;

type Phase =
  | { readonly kind: "waiting"; readonly onsetSample: number | undefined }
  | { readonly kind: "speaking"; readonly startSample: number; readonly lastVoiceSample: number };

/** The endpoint decision of one listening turn. Pure: no clock, no I/O. */
export class Endpointer {
  readonly #options: EndpointOptions;
  readonly #fromSample: number;
  #phase: Phase = { kind: "waiting", onsetSample: undefined };
  #understood = false;
  #completeness: Completeness = "open";
  #silentUntil = 0;
  #lastScoreSample = 0;
  #done = false;

  /**
   * Scores whose window ends at or before `fromSample` are the wake phrase's own and are ignored.
   *
   * Where it was speech that began the turn, `spokenUntil` is how far that was heard: it may have been all of it.
   */
  constructor(options: EndpointOptions, fromSample: number, spokenUntil?: number) {
    this.#options = options;
    this.#fromSample = fromSample;
    if (spokenUntil === undefined) return;
    this.#phase = { kind: "speaking", startSample: fromSample, lastVoiceSample: spokenUntil };
  }

  /** Whether speech has begun and not been taken back. */
  get speaking(): boolean {
    return this.#phase.kind === "speaking";
  }

  /**
   * Take in one score.
   *
   * Decides at most one thing per call; after `utterance-end` or `no-speech` nothing more is decided.
   */
  voice(score: number, endSample: number): EndpointDecision | undefined {
    if (this.#done || endSample <= this.#fromSample) return undefined;
    this.#lastScoreSample = endSample;
    return this.#phase.kind === "waiting"
      ? this.#waiting(this.#phase.onsetSample, score, endSample)
      : this.#speaking(this.#phase, score, endSample);
  }

  /**
   * Take in what the recogniser has understood so far: whether there is any text, and what it makes of it.
   *
   * A recogniser may say so only after the silence began; then the utterance ends at once.
   */
  understood(isText: boolean, completeness: Completeness = "open"): EndpointDecision | undefined {
    this.#understood = isText;
    this.#completeness = completeness;
    const phase = this.#phase;
    if (this.#done || phase.kind !== "speaking" || this.#silentUntil <= phase.lastVoiceSample)
      return undefined;
    return this.#silent(phase, this.#silentUntil);
  }

  /** Take in that audio has arrived up to `sample`: the caps hold even when no score comes. */
  heard(sample: number): EndpointDecision | undefined {
    if (this.#done) return undefined;
    const phase = this.#phase;
    if (phase.kind === "waiting" && msOf(sample - this.#fromSample) >= this.#options.noSpeechMs) {
      return this.#end({ kind: "no-speech" });
    }
    if (phase.kind === "waiting") return undefined;
    const isLost = msOf(sample - Math.max(phase.startSample, this.#lastScoreSample)) >= VOICE_LOST_MS;
    if (isLost || msOf(sample - phase.startSample) >= this.#options.maxUtteranceMs) {
      return this.#end({ kind: "utterance-end", speechEndSample: phase.lastVoiceSample, by: "cap" });
    }
    return undefined;
  }

  #waiting(onset: number | undefined, score: number, endSample: number): EndpointDecision | undefined {
    if (score < SPEECH_ON) {
      this.#phase = { kind: "waiting", onsetSample: undefined };
      return this.heard(endSample);
    }
    const onsetSample = onset ?? Math.max(this.#fromSample, endSample - 512);
    if (msOf(endSample - onsetSample) < MIN_SPEECH_MS) {
      this.#phase = { kind: "waiting", onsetSample };
      return undefined;
    }
    this.#phase = { kind: "speaking", startSample: onsetSample, lastVoiceSample: endSample };
    return { kind: "speech-started", sample: onsetSample };
  }

  #speaking(
    phase: Extract<Phase, { kind: "speaking" }>,
    score: number,
    endSample: number,
  ): EndpointDecision | undefined {
    if (score >= SPEECH_OFF) {
      this.#phase = { ...phase, lastVoiceSample: endSample };
      return this.heard(endSample);
    }
    return this.#silent(phase, endSample);
  }

  #silent(phase: Extract<Phase, { kind: "speaking" }>, untilSample: number): EndpointDecision | undefined {
    this.#silentUntil = untilSample;
    if (msOf(untilSample - phase.lastVoiceSample) < this.#silenceMs()) return this.heard(untilSample);
    if (!this.#understood && msOf(phase.lastVoiceSample - phase.startSample) < FALSE_START_MS) {
      this.#phase = { kind: "waiting", onsetSample: undefined };
      return { kind: "false-start" };
    }
    return this.#end({ kind: "utterance-end", speechEndSample: phase.lastVoiceSample, by: "silence" });
  }

  #silenceMs(): number {
    const { silenceMs } = this.#options;
    if (this.#completeness === "closed") return Math.min(silenceMs, CLOSED_MS);
    return this.#completeness === "extensible" ? Math.min(silenceMs, EXTENSIBLE_MS) : silenceMs;
  }

  #end(decision: EndpointDecision): EndpointDecision {
    this.#done = true;
    return decision;
  }
}
