import { EngineError } from "#core/faults.ts";
import { FRAME_SAMPLES, type PcmFrame, samplesOf } from "#core/pcm.ts";
import { FrameRing } from "#core/ring.ts";
import { PhraseSpotter, type Spotted } from "#core/transducer/phrase-spotter.ts";
import type { HearingStream, UtteranceStream, WakeScore } from "#ports/hearing-engine.ts";
import type { WakeDetection, WakePhrase } from "#ports/wake-word.ts";
import { ENCODER_SHAPE } from "./encoder-states.ts";
import { ENCODER_FRAME_SAMPLES, EncoderStream } from "./encoder-stream.ts";
import { FrameHistory } from "./frame-history.ts";
import type { HearingParts } from "./hearing-engine.ts";
import { LiveUtterance } from "./live-utterance.ts";
import { wakeScore, wakeThreshold } from "./wake-strictness.ts";

const { frames: STEP_FRAMES, width: WIDTH } = ENCODER_SHAPE;
/** How far back an utterance may begin. */
const HISTORY_MS = 4000;
/** Lost audio up to this long is taken for silence; after more, what was heard before is forgotten. */
const MAX_GAP_FRAMES = 10;
/** Audio an encoder is given before the first that counts, silence if need be: begun cold it loses a word. */
const LEAD_SAMPLES = samplesOf(320);
/**
 * A phrase's sound begins about this long before the model writes its first token, and ends about where the last
 * is written: against the energy of 206 recordings, the median error is then 10 ms at both ends.
 */
const TOKEN_LEAD_SAMPLES = samplesOf(280);
/** Silero's threshold for speech. */
const SPEECH = 0.5;

const silence: PcmFrame = new Int16Array(FRAME_SAMPLES);

/**
 * One satellite's stream: an encoder pass that wake phrases and utterances share.
 *
 * The encoder runs only while there is something to listen for; the last seconds of sound are kept in any case,
 * and while it runs its frames are too, so that an utterance may begin in the past.
 */
export class TransducerStream implements HearingStream {
  readonly #parts: HearingParts;
  readonly #encoder: EncoderStream;
  readonly #ring = new FrameRing(HISTORY_MS);
  readonly #history = new FrameHistory(Math.ceil(HISTORY_MS / 320), STEP_FRAMES * WIDTH);
  readonly #utterances = new Set<LiveUtterance>();
  #phrases: readonly WakePhrase[] = [];
  #spotter: PhraseSpotter | undefined;
  #closed = false;
  /** Session index of the next frame's first sample; undefined before the first frame. */
  #next: number | undefined;
  /** What the ring's indices are less than the session's, and the first that belongs to what is heard now. */
  #ringOffset = 0;
  #heardFrom = 0;
  /** Session index of the sample the next encoder step begins with, and of the spotter's frame 0. */
  #stepSample: number | undefined;
  #spotterOrigin = 0;
  /** Session index after the last window that was surely speech. */
  #voiceEnd = 0;
  #detection: WakeDetection | undefined;
  #nearest: WakeScore | undefined;

  constructor(parts: HearingParts, phrases: readonly WakePhrase[]) {
    this.#parts = parts;
    this.#encoder = new EncoderStream(parts.model);
    this.setPhrases(phrases);
  }

  setPhrases(phrases: readonly WakePhrase[]): void {
    const specs = phrases.map(({ text, sensitivity }) => ({
      spellings: this.#parts.spellings(text),
      threshold: wakeThreshold(sensitivity),
    }));
    this.#phrases = phrases;
    this.#spotter = specs.length > 0 ? new PhraseSpotter(this.#parts.model, specs) : undefined;
    this.#spotterOrigin = this.#stepSample ?? 0;
  }

  push(frame: PcmFrame, firstSample: number): WakeDetection | undefined {
    if (this.#closed) throw new EngineError("hearth", "rejected", "the stream is closed");
    this.#bridge(firstSample);
    this.#hear(frame);
    const detection = this.#detection;
    this.#detection = undefined;
    return detection;
  }

  reset(): void {
    this.#next = undefined;
  }

  wakeScore(): WakeScore | undefined {
    const nearest = this.#nearest;
    this.#nearest = undefined;
    return nearest;
  }

  voice(score: number, endSample: number): void {
    if (score >= SPEECH) this.#voiceEnd = endSample;
    for (const utterance of this.#utterances) utterance.voice(score, endSample);
  }

  utterance(fromSample: number): UtteranceStream {
    const live = new LiveUtterance({
      reading: this.#parts.reading(),
      encoder: this.#encoder,
      fromSample,
      closed: () => this.#utterances.delete(live),
    });
    this.#utterances.add(live);
    if (this.#stepSample === undefined) this.#catchUp(fromSample);
    else this.#history.replay((frames, sample) => live.push(frames, sample));
    // A short command may have been said before anybody knew that it is one.
    if (this.#voiceEnd > fromSample) live.voice(1, this.#voiceEnd);
    return live;
  }

  [Symbol.dispose](): void {
    this.#closed = true;
    for (const utterance of [...this.#utterances]) utterance[Symbol.dispose]();
  }

  get #wanted(): boolean {
    return this.#spotter !== undefined || this.#utterances.size > 0;
  }

  /** Make up for a gap before a frame, or begin anew after one too long. */
  #bridge(firstSample: number): void {
    const missing = this.#next === undefined ? -1 : (firstSample - this.#next) / FRAME_SAMPLES;
    if (missing === 0) return;
    if (missing > 0 && missing <= MAX_GAP_FRAMES && Number.isInteger(missing)) {
      for (let i = 0; i < missing; i++) this.#hear(silence);
      return;
    }
    this.#next = firstSample;
    this.#heardFrom = firstSample;
    this.#ringOffset = firstSample - this.#ring.nextSample;
    this.#voiceEnd = 0;
    this.#stop();
  }

  #hear(frame: PcmFrame): void {
    const first = this.#next ?? 0;
    this.#ring.push(frame);
    this.#next = first + FRAME_SAMPLES;
    if (!this.#wanted) {
      if (this.#stepSample !== undefined) this.#stop();
      return;
    }
    if (this.#stepSample === undefined) this.#start(first, LEAD_SAMPLES / FRAME_SAMPLES);
    this.#encode(frame);
  }

  /** Start the encoder at a sample, with so many frames of silence before it. */
  #start(sample: number, leadFrames: number): void {
    this.#stepSample = sample - leadFrames * FRAME_SAMPLES;
    this.#spotterOrigin = this.#stepSample;
    for (let i = 0; i < leadFrames; i++) this.#encode(silence);
  }

  #stop(): void {
    this.#stepSample = undefined;
    this.#encoder.reset();
    this.#history.clear();
    this.#spotter?.reset();
  }

  /** Start the encoder in the past. */
  #catchUp(fromSample: number): void {
    if (this.#next === undefined) return;
    const from = Math.max(this.#heardFrom, fromSample - LEAD_SAMPLES);
    const held = this.#ring.framesFrom(from - this.#ringOffset);
    const firstSample = held.firstSample + this.#ringOffset;
    const lead = Math.max(0, Math.ceil((LEAD_SAMPLES - (fromSample - firstSample)) / FRAME_SAMPLES));
    this.#start(firstSample, lead);
    for (const frame of held.frames) this.#encode(frame);
  }

  #encode(frame: PcmFrame): void {
    this.#encoder.push(frame, this.#step);
  }

  readonly #step = (frames: Float32Array): void => {
    const sample = this.#stepSample ?? 0;
    this.#stepSample = sample + STEP_FRAMES * ENCODER_FRAME_SAMPLES;
    this.#history.push(frames, sample);
    for (const utterance of this.#utterances) utterance.push(frames, sample);
    if (!this.#spotter) return;
    const spotted = this.#spotter.push(frames, STEP_FRAMES);
    this.#noteScores(this.#spotter);
    if (spotted) this.#detection ??= this.#detectionOf(spotted);
  };

  #noteScores(spotter: PhraseSpotter): void {
    for (const [index, { text, sensitivity }] of this.#phrases.entries()) {
      const score = wakeScore(spotter.peak(index));
      const threshold = wakeScore(wakeThreshold(sensitivity));
      const nearest = this.#nearest;
      if (nearest && nearest.score - nearest.threshold >= score - threshold) continue;
      this.#nearest = { phrase: text, score, threshold, endSample: this.#stepSample ?? 0 };
    }
  }

  #detectionOf({ phrase, logProb, firstFrame, lastFrame }: Spotted): WakeDetection {
    const sampleOf = (frame: number) => this.#spotterOrigin + frame * ENCODER_FRAME_SAMPLES;
    return {
      phrase: this.#phrases[phrase]?.text ?? "",
      score: wakeScore(logProb),
      startSample: Math.max(this.#heardFrom, sampleOf(firstFrame) - TOKEN_LEAD_SAMPLES),
      endSample: Math.min(this.#next ?? 0, sampleOf(lastFrame)),
    };
  }
}
