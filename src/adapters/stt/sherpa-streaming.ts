import { checkFiles } from "#adapters/native/check-files.ts";
import {
  loadSherpaAddon,
  type StreamHandle,
  type TransducerFiles,
  toFloat,
  transducerConfig,
} from "#adapters/native/sherpa-addon.ts";
import { EngineError } from "#core/faults.ts";
import { msOf, SAMPLE_RATE_HZ, samplesOf } from "#core/pcm.ts";
import type { HeardWord, SpeechToText } from "#ports/speech-to-text.ts";
import { abortable } from "./abortable.ts";

const NAME = "sherpa";
/** Silence before the first frame, one decoding step: an encoder started cold drops the first word. */
const LEAD_SAMPLES = samplesOf(320);
/** Silence after the last frame: the encoder looks this far ahead before it gives the last word. */
const TAIL_SAMPLES = samplesOf(600);

/** The recogniser's model, as absolute paths. */
export interface SherpaStreamingOptions {
  readonly files: TransducerFiles;
  /** Where the engine may keep its extracted libraries. */
  readonly cacheDir: string;
}

/**
 * Streaming speech to text with a sherpa-onnx transducer, decoded greedily.
 *
 * English, lower-case, without punctuation. An interim comes at most every 320 ms of audio, when the text has
 * changed. Confidence is the geometric mean of the tokens' probabilities. The same audio always gives the same
 * text: every utterance has a native stream of its own, because sherpa's reset keeps the encoder's memory and
 * the last two tokens of whoever spoke before. Between decoding steps the event loop turns, so other work goes
 * on and finished streams are freed.
 *
 * @throws {EngineError} `unavailable` when a file is missing or the library does not load.
 */
export async function sherpaStreaming({ files, cacheDir }: SherpaStreamingOptions): Promise<SpeechToText> {
  checkFiles(NAME, Object.values(files));
  const addon = await loadSherpaAddon(NAME, cacheDir);
  const recognizer = addon.createOnlineRecognizer({
    featConfig: { sampleRate: SAMPLE_RATE_HZ, featureDim: 80 },
    modelConfig: transducerConfig(files),
    decodingMethod: "greedy_search",
  });

  function accept(stream: StreamHandle, samples: Float32Array): void {
    addon.acceptWaveformOnline(stream, { samples, sampleRate: SAMPLE_RATE_HZ });
  }

  /** Decode what is ready; false when nothing was. */
  async function decode(stream: StreamHandle, signal: AbortSignal): Promise<boolean> {
    let decoded = false;
    while (addon.isOnlineStreamReady(recognizer, stream)) {
      addon.decodeOnlineStream(recognizer, stream);
      decoded = true;
      await turn();
      signal.throwIfAborted();
    }
    return decoded;
  }

  return {
    name: NAME,
    async *transcribe(frames, { signal }) {
      signal.throwIfAborted();
      const stream = addon.createOnlineStream(recognizer);
      accept(stream, new Float32Array(LEAD_SAMPLES));
      let said = "";
      for await (const frame of abortable(frames, signal)) {
        accept(stream, toFloat(frame, new Float32Array(frame.length)));
        if (!(await decode(stream, signal))) continue;
        const heard = hypothesis(addon.getOnlineStreamResultAsJson(recognizer, stream));
        if (heard.text === said) continue;
        said = heard.text;
        yield { kind: "interim", ...heard };
      }
      accept(stream, new Float32Array(TAIL_SAMPLES));
      await decode(stream, signal);
      const heard = hypothesis(addon.getOnlineStreamResultAsJson(recognizer, stream));
      yield { kind: "final", ...heard, language: "en" };
    },
  };
}

interface Hypothesis {
  readonly text: string;
  readonly confidence: number;
  readonly words: readonly HeardWord[];
}

/** Read sherpa's result: tokens of which those that begin a word begin with a space, seconds, log-probabilities. */
function hypothesis(json: string): Hypothesis {
  const result: unknown = JSON.parse(json);
  if (!isResult(result)) throw new EngineError(NAME, "protocol", "the recogniser's result has no tokens");
  const words: { text: string; startMs: number }[] = [];
  result.tokens.forEach((token, index) => {
    const startMs = Math.max(0, Math.round((result.timestamps[index] ?? 0) * 1000 - msOf(LEAD_SAMPLES)));
    const word = words.at(-1);
    if (word === undefined || token.startsWith(" "))
      words.push({ text: token.trim().toLowerCase(), startMs });
    else word.text += token.toLowerCase();
  });
  const logs = result.ys_probs;
  const mean = logs.reduce((sum, log) => sum + log, 0) / Math.max(1, logs.length);
  const spoken = words.filter(({ text }) => text !== "");
  return {
    text: spoken.map(({ text }) => text).join(" "),
    confidence: logs.length === 0 ? 0 : Math.min(1, Math.exp(mean)),
    words: spoken,
  };
}

function isResult(value: unknown): value is {
  tokens: readonly string[];
  timestamps: readonly number[];
  ys_probs: readonly number[];
} {
  if (typeof value !== "object" || value === null) return false;
  if (!("tokens" in value && "timestamps" in value && "ys_probs" in value)) return false;
  return [value.tokens, value.timestamps, value.ys_probs].every(Array.isArray);
}

/** One turn of the event loop. */
function turn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
