import { createRequire } from "node:module";
import { sherpaLibraries } from "./native-files.ts";

/**
 * The part of sherpa-onnx's Node addon that Hearth uses.
 *
 * Handles are freed by the garbage collector, and only when the event loop turns: code that makes many of them
 * in a row must let it turn. Configuration the addon cannot use (a missing file, an unknown token) ends the
 * whole process, so everything is checked before it is handed over.
 */
export interface SherpaAddon {
  createOnlineRecognizer(config: object): RecognizerHandle;
  createOnlineStream(recognizer: RecognizerHandle): StreamHandle;
  acceptWaveformOnline(stream: StreamHandle, wave: Waveform): void;
  isOnlineStreamReady(recognizer: RecognizerHandle, stream: StreamHandle): boolean;
  decodeOnlineStream(recognizer: RecognizerHandle, stream: StreamHandle): void;
  getOnlineStreamResultAsJson(recognizer: RecognizerHandle, stream: StreamHandle): string;

  createKeywordSpotter(config: object): SpotterHandle;
  /** `keywords`: one keyword a line, each `token token … :boost #threshold @label`, besides the spotter's own. */
  createKeywordStream(spotter: SpotterHandle, keywords: string): StreamHandle;
  isKeywordStreamReady(spotter: SpotterHandle, stream: StreamHandle): boolean;
  decodeKeywordStream(spotter: SpotterHandle, stream: StreamHandle): void;
  resetKeywordStream(spotter: SpotterHandle, stream: StreamHandle): void;
  getKeywordResultAsJson(spotter: SpotterHandle, stream: StreamHandle): string;

  createOfflineTtsAsync(config: object): Promise<TtsHandle>;
  getOfflineTtsSampleRate(tts: TtsHandle): number;
  getOfflineTtsNumSpeakers(tts: TtsHandle): number;
  offlineTtsGenerateAsync(
    tts: TtsHandle,
    request: {
      readonly text: string;
      readonly sid: number;
      readonly speed: number;
      readonly enableExternalBuffer: boolean;
      /** Called on this thread with each piece; returning 0 stops the synthesis. */
      readonly callback: (piece: { readonly samples: Float32Array }) => number;
    },
  ): Promise<{ readonly samples: Float32Array; readonly sampleRate: number }>;
}

/** Samples −1..1 at `sampleRate` Hz. The addon copies them. */
interface Waveform {
  readonly samples: Float32Array;
  readonly sampleRate: number;
}

declare const kind: unique symbol;
/** Native objects; they mean nothing to JavaScript. */
type RecognizerHandle = { readonly [kind]: "recognizer" };
export type SpotterHandle = { readonly [kind]: "spotter" };
export type StreamHandle = { readonly [kind]: "stream" };
export type TtsHandle = { readonly [kind]: "tts" };

/** Files of a streaming transducer, as absolute paths. */
export interface TransducerFiles {
  readonly encoder: string;
  readonly decoder: string;
  readonly joiner: string;
  readonly tokens: string;
}

/**
 * Load the addon; later calls give the same one.
 *
 * Its own JavaScript wrapper is left out: it looks for the addon beside itself, which an executable has not.
 *
 * @throws {EngineError} `unavailable` when it is not installed for this machine or does not load.
 */
export async function loadSherpaAddon(engine: string, cacheDir: string): Promise<SherpaAddon> {
  const { addon } = await sherpaLibraries(engine, cacheDir);
  return createRequire(import.meta.url)(addon) as SherpaAddon;
}

/** sherpa-onnx's model section for a transducer, on one thread. */
export function transducerConfig({ encoder, decoder, joiner, tokens }: TransducerFiles): object {
  return { transducer: { encoder, decoder, joiner }, tokens, numThreads: 1, provider: "cpu", debug: 0 };
}

/** Convert a frame to what sherpa takes, in `into`, which must be as long as the frame. */
export function toFloat(samples: Int16Array, into: Float32Array): Float32Array {
  for (let i = 0; i < samples.length; i++) into[i] = (samples[i] ?? 0) / 32_768;
  return into;
}
