import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { loadSherpaAddon, type TtsHandle } from "#adapters/native/sherpa-addon.ts";
import { EngineError } from "#core/faults.ts";
import { SAMPLE_RATE_HZ } from "#core/pcm.ts";
import { Resampler } from "#core/resample.ts";
import type { TextToSpeech } from "#ports/text-to-speech.ts";
import { passages } from "./passages.ts";
import { type VoiceFolder, voiceFolder } from "./voice-folder.ts";

const NAME = "sherpa-voices";
/** Longest text taken at once, as for espeak-ng. */
const MAX_CHARACTERS = 5000;
/** Characters synthesised in one go, and so the wait for the first sound of a long sentence. */
const PASSAGE_CHARACTERS = 200;
/** Samples in one chunk at 16 kHz: 100 ms. */
const CHUNK_SAMPLES = 1600;

/** Where the voices are: one folder each, as sherpa-onnx releases them, unpacked. */
export interface SherpaVoicesOptions {
  readonly voicesDir: string;
  /** Where the engine may keep its extracted libraries. */
  readonly cacheDir: string;
}

/**
 * Neural voices through sherpa-onnx: whatever VITS, Piper, Matcha, Kokoro or Kitten folders lie in `voicesDir`.
 *
 * A voice's id is its folder's name, with `:n` for speaker n of a model that has several. The folders are read at
 * the start. A model is loaded when it first speaks and kept until another does; calls are worked through one
 * after the other, off the event loop.
 *
 * @throws {EngineError} from `speak`: `rejected` for a voice that is not installed or text of more than 5000
 * characters, `unavailable` when there are no voices.
 */
export async function sherpaVoices({ voicesDir, cacheDir }: SherpaVoicesOptions): Promise<TextToSpeech> {
  const found = await Promise.all(
    (existsSync(voicesDir) ? readdirSync(voicesDir).sort() : []).map((name) =>
      voiceFolder(join(voicesDir, name), voicesDir),
    ),
  );
  const folders = found.filter((folder) => folder !== undefined);
  let loaded: { readonly id: string; readonly tts: Promise<TtsHandle> } | undefined;
  /** Settles when the model is free: it serves one passage at a time. */
  let idle: Promise<unknown> = Promise.resolve();

  function model(folder: VoiceFolder): Promise<TtsHandle> {
    if (loaded?.id === folder.id) return loaded.tts;
    const tts = loadSherpaAddon(NAME, cacheDir).then((addon) =>
      addon.createOfflineTtsAsync({
        model: { ...folder.model, numThreads: 1, provider: "cpu", debug: 0 },
        maxNumSentences: 1,
      }),
    );
    loaded = { id: folder.id, tts };
    tts.catch(() => {
      loaded = undefined;
    });
    return tts;
  }

  /** Make one passage's samples, when those before it are made. */
  function synthesise(folder: VoiceFolder, sid: number, text: string, signal: AbortSignal) {
    const job = idle.then(async () => {
      signal.throwIfAborted();
      const addon = await loadSherpaAddon(NAME, cacheDir);
      const tts = await model(folder);
      if (sid >= addon.getOfflineTtsNumSpeakers(tts)) {
        throw new EngineError(NAME, "rejected", `"${folder.id}" has no speaker ${sid}`);
      }
      return addon.offlineTtsGenerateAsync(tts, {
        text,
        sid,
        speed: 1,
        // Bun 1.4 refuses memory it does not own.
        enableExternalBuffer: false,
        callback: () => (signal.aborted ? 0 : 1),
      });
    });
    idle = job.catch(() => undefined);
    return job;
  }

  function chosen(voice: string | undefined): { folder: VoiceFolder; sid: number } {
    const [id, speaker = "0"] = (voice ?? folders[0]?.id ?? "").split(":");
    const folder = folders.find((one) => one.id === id);
    if (folders.length === 0)
      throw new EngineError(NAME, "unavailable", `no voice is installed in ${voicesDir}`);
    if (folder && /^\d+$/.test(speaker)) return { folder, sid: Number(speaker) };
    throw new EngineError(NAME, "rejected", `there is no voice "${voice ?? ""}"`);
  }

  return {
    name: NAME,
    async *speak(text, { signal, voice }) {
      signal.throwIfAborted();
      if (text.length > MAX_CHARACTERS) {
        throw new EngineError(NAME, "rejected", `text of ${text.length} characters is too long`);
      }
      const { folder, sid } = chosen(voice);
      for (const passage of passages(text, PASSAGE_CHARACTERS)) {
        const { samples, sampleRate } = await unlessAborted(synthesise(folder, sid, passage, signal), signal);
        const resampler = new Resampler({ fromHz: sampleRate, toHz: SAMPLE_RATE_HZ });
        for (const pcm of [resampler.push(toInt16(samples)), resampler.flush()]) {
          for (let at = 0; at < pcm.length; at += CHUNK_SAMPLES) {
            yield pcm.slice(at, at + CHUNK_SAMPLES);
            signal.throwIfAborted();
          }
        }
      }
    },
    voices: () => Promise.resolve(folders.map(({ id, language }) => ({ id, language, name: id }))),
  };
}

function toInt16(samples: Float32Array): Int16Array {
  return Int16Array.from(samples, (value) => Math.max(-32_768, Math.min(32_767, Math.round(value * 32_767))));
}

/** The promise's value, or the signal's reason as soon as it aborts. */
function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const onAbort = () => reject(signal.reason);
  signal.addEventListener("abort", onAbort, { once: true });
  return Promise.race([promise, aborted]).finally(() => signal.removeEventListener("abort", onAbort));
}
