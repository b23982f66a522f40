import { espeakData } from "#adapters/native/native-files.ts";
import { EngineError } from "#core/faults.ts";
import { SAMPLE_RATE_HZ } from "#core/pcm.ts";
import { Resampler } from "#core/resample.ts";
import type { TextToSpeech, Voice } from "#ports/text-to-speech.ts";
import { passages } from "./passages.ts";

const NAME = "espeak-ng";
/** English (Great Britain). */
const DEFAULT_VOICE = "gmw/en";
/** Longest text taken at once: about six minutes of speech. Callers speak sentence by sentence. */
const MAX_CHARACTERS = 5000;
/**
 * Characters synthesised without letting the event loop turn.
 *
 * The engine is synchronous: 160 characters are about 10 s of speech and take 30 to 100 ms.
 */
const PASSAGE_CHARACTERS = 160;

/** How espeak-ng speaks when the caller does not say. */
export interface EspeakOptions {
  /** A voice id as `voices()` lists it. Default `gmw/en`. */
  readonly voice?: string;
}

/**
 * espeak-ng as WebAssembly: 140 voices, always there, unmistakably a machine.
 *
 * Holds about 100 MB until the last reference is dropped. Several calls take turns, passage by passage. Markup in
 * the text is spoken as written, not obeyed.
 *
 * @throws {EngineError} `unavailable` when its data is not installed, `rejected` for a voice it does not have; from
 * `speak`, `rejected` also for text of more than 5000 characters.
 */
export async function espeakNg({
  voice: ownVoice = DEFAULT_VOICE,
}: EspeakOptions = {}): Promise<TextToSpeech> {
  const data = await espeakData(NAME);
  const { default: initialise } = await import("@echogarden/espeak-ng-emscripten");
  const { eSpeakNGWorker } = await initialise({
    getPreloadedPackage: () => data,
    // It would print to stdout, which belongs to the engine host's protocol, and may print what it is told to say.
    print: () => undefined,
    printErr: () => undefined,
  });
  const worker = new eSpeakNGWorker();
  const listed = worker.list_voices().map(
    ({ identifier, name, languages }): Voice => ({
      id: identifier,
      // The first tag is the voice's own; the others are those it can stand in for.
      language: languages[0]?.name ?? "und",
      name,
    }),
  );
  const ids = new Set(listed.map(({ id }) => id));

  let current = "";

  /** Say a passage from beginning to end; the chunks are as the engine makes them, up to 100 ms. */
  function synthesise(passage: string, voice: string): Int16Array[] {
    if (voice !== current && worker.set_voice(voice) !== 0) {
      throw new EngineError(NAME, "protocol", "the voice cannot be set");
    }
    current = voice;
    const chunks: Int16Array[] = [];
    worker.synthesize(plain(passage), (audio) => {
      if (audio.length > 0) chunks.push(audio);
      return false;
    });
    return chunks;
  }

  if (!ids.has(ownVoice)) throw new EngineError(NAME, "rejected", `there is no voice "${ownVoice}"`);
  /** A resampler between two streams; its filters take 10 ms to compute. */
  let spare: Resampler | undefined;

  // Compiles the engine and the filters and loads the dictionary: up to 400 ms the first reply need not wait for.
  const warm = new Resampler({ fromHz: worker.samplerate, toHz: SAMPLE_RATE_HZ });
  for (const chunk of synthesise("I am ready to speak.", ownVoice)) warm.push(chunk);
  warm.flush();
  spare = warm;

  return {
    name: NAME,
    async *speak(text, { signal, voice = ownVoice }) {
      signal.throwIfAborted();
      if (text.length > MAX_CHARACTERS) {
        throw new EngineError(NAME, "rejected", `text of ${text.length} characters is too long`);
      }
      if (!ids.has(voice)) throw new EngineError(NAME, "rejected", `there is no voice "${voice}"`);
      const resampler = spare ?? new Resampler({ fromHz: worker.samplerate, toHz: SAMPLE_RATE_HZ });
      spare = undefined;
      for (const passage of passages(text, PASSAGE_CHARACTERS)) {
        for (const chunk of synthesise(passage, voice)) {
          const resampled = resampler.push(chunk);
          if (resampled.length > 0) yield resampled;
          signal.throwIfAborted();
        }
        await turn();
        signal.throwIfAborted();
      }
      const rest = resampler.flush();
      spare = resampler;
      if (rest.length > 0) yield rest;
    },
    voices: () => Promise.resolve(listed),
  };
}

/** espeak-ng reads SSML and `[[phonemes]]`: take both their meaning. */
function plain(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll("[[", "[ [");
}

/** One turn of the event loop. */
function turn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
