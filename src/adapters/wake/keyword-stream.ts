import {
  type SherpaAddon,
  type SpotterHandle,
  type StreamHandle,
  toFloat,
} from "#adapters/native/sherpa-addon.ts";
import { FRAME_MS, FRAME_SAMPLES, levelDb, SAMPLE_RATE_HZ, samplesOf } from "#core/pcm.ts";
import type { WakeDetection, WakeWordStream } from "#ports/wake-word.ts";

/** One frame of the encoder's output. */
const TOKEN_MS = 40;
const TOKEN_SAMPLES = samplesOf(TOKEN_MS);
/** Output frames a decoding step adds: 320 ms of audio, the chunk of streaming zipformers. */
const STEP = 8;
/**
 * Output frames between a phrase's last token and the end of what was decoded when it is reported.
 *
 * At least this many: one for the trailing blank, the rest for sherpa's search. Measured over 47 recordings of
 * "computer" in known positions: 3 to 10 frames, so that exactly one multiple of a step fits.
 */
const REPORT_LAG = 3;
/** A phrase is not heard again for this long: an echo or a drawn-out last syllable is no second wake. */
const LOCK_SAMPLES = 2 * SAMPLE_RATE_HZ;
/** Levels kept for the score. */
const LEVELS = 4000 / FRAME_MS;
/** A phrase this far above the background scores 1. */
const FULL_SCORE_DB = 60;

/** What a stream listens with and for. */
export interface KeywordStreamOptions {
  readonly addon: SherpaAddon;
  readonly spotter: SpotterHandle;
  /** sherpa's keyword syntax, `/` between keywords, `@n` naming `phrases[n]`; empty listens for nothing. */
  readonly keywords: string;
  readonly phrases: readonly string[];
}

/**
 * One satellite's stream through the spotter.
 *
 * The spotter tells which phrase it heard and the distances between its tokens, but no probability. The score is
 * therefore how far the phrase's level stands above the quietest tenth of the last four seconds, 60 dB being 1:
 * it ranks satellites that heard the same phrase by nearness, and says nothing about how sure the spotter was.
 *
 * A gap in the frames' sample indices resets the stream.
 */
export function keywordStream({ addon, spotter, keywords, phrases }: KeywordStreamOptions): WakeWordStream {
  const floats = new Float32Array(FRAME_SAMPLES);
  const levels = new Float64Array(LEVELS);
  let stream: StreamHandle | undefined;
  /** Index of the stream's first sample, and of the sample that follows what was pushed. */
  let origin = 0;
  let next = 0;
  /** Encoder frames decoded since the origin. */
  let decoded = 0;
  let levelsSeen = 0;
  let lockedUntil = Number.NEGATIVE_INFINITY;

  function reset(): void {
    // A new native stream: sherpa's own reset keeps the encoder's memory and the samples not yet decoded.
    stream = undefined;
    decoded = 0;
    levelsSeen = 0;
    lockedUntil = Number.NEGATIVE_INFINITY;
  }

  /** Which of `phrases` a decoding step found, and where its first and last token lie among the decoded frames. */
  function found(handle: StreamHandle): { phrase: string; first: number; last: number } | undefined {
    const result: unknown = JSON.parse(addon.getKeywordResultAsJson(spotter, handle));
    if (!isKeywordResult(result) || result.keyword === "") return undefined;
    addon.resetKeywordStream(spotter, handle);
    const phrase = phrases[Number(result.keyword)];
    const [first, last] = [result.timestamps[0], result.timestamps.at(-1)];
    if (phrase === undefined || first === undefined || last === undefined) return undefined;
    // sherpa counts from its last inner reset (after 1.5 s of silence, or a detection), which lies on a step.
    const lastFrame = Math.round((last * 1000) / TOKEN_MS);
    const steps = Math.floor((decoded - REPORT_LAG - lastFrame) / STEP);
    const length = Math.round(((last - first) * 1000) / TOKEN_MS);
    return { phrase, first: lastFrame + steps * STEP - length, last: lastFrame + steps * STEP };
  }

  function score(startSample: number, endSample: number): number {
    const kept = Math.min(levelsSeen, LEVELS);
    const background = [...levels.subarray(0, kept)].sort((a, b) => a - b)[Math.floor(kept / 10)] ?? 0;
    const age = (sample: number) => Math.ceil((next - sample) / FRAME_SAMPLES);
    let loudest = Number.NEGATIVE_INFINITY;
    for (let back = Math.max(1, age(endSample)); back <= Math.min(kept, age(startSample)); back++) {
      loudest = Math.max(loudest, levels[(levelsSeen - back) % LEVELS] ?? 0);
    }
    return Math.min(1, Math.max(0, (loudest - background) / FULL_SCORE_DB));
  }

  function detection(phrase: string, first: number, last: number): WakeDetection | undefined {
    const startSample = Math.max(origin, origin + first * TOKEN_SAMPLES);
    // A token is reported where it begins to be certain; its sound goes on for about one frame more.
    const endSample = Math.min(next, origin + (last + 1) * TOKEN_SAMPLES);
    if (endSample < lockedUntil) return undefined;
    lockedUntil = endSample + LOCK_SAMPLES;
    return { phrase, score: score(startSample, endSample), startSample, endSample };
  }

  return {
    push(frame, firstSample) {
      if (keywords === "") return undefined;
      if (stream !== undefined && firstSample !== next) reset();
      if (stream === undefined) {
        stream = addon.createKeywordStream(spotter, keywords);
        origin = firstSample;
      }
      next = firstSample + frame.length;
      levels[levelsSeen % LEVELS] = levelDb(frame);
      levelsSeen += 1;
      const samples = frame.length === floats.length ? floats : new Float32Array(frame.length);
      addon.acceptWaveformOnline(stream, { samples: toFloat(frame, samples), sampleRate: SAMPLE_RATE_HZ });

      let heard: WakeDetection | undefined;
      while (addon.isKeywordStreamReady(spotter, stream)) {
        addon.decodeKeywordStream(spotter, stream);
        decoded += STEP;
        const result = found(stream);
        if (result) heard ??= detection(result.phrase, result.first, result.last);
      }
      return heard;
    },
    reset,
    [Symbol.dispose]: reset,
  };
}

function isKeywordResult(value: unknown): value is { keyword: string; timestamps: readonly number[] } {
  return (
    typeof value === "object" &&
    value !== null &&
    "keyword" in value &&
    typeof value.keyword === "string" &&
    "timestamps" in value &&
    Array.isArray(value.timestamps)
  );
}
