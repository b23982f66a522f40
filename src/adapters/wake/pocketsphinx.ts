import { Decoder } from "#adapters/pocketsphinx/decoder.ts";
import { pronounce, withDictionary, withFile } from "#adapters/pocketsphinx/dictionary.ts";
import {
  type Keyphrase,
  keyphraseFile,
  keyphraseScore,
  keyphrases,
  keywordsOf,
} from "#adapters/pocketsphinx/keyphrase.ts";
import { modelFiles, POCKETSPHINX, pocketsphinxLibraries } from "#adapters/pocketsphinx/libraries.ts";
import { SpeechLevel } from "#adapters/pocketsphinx/speech-level.ts";
import { FRAME_SAMPLES, type PcmFrame, SAMPLE_RATE_HZ, samplesOf } from "#core/pcm.ts";
import type { WakeDetection, WakeWord, WakeWordStream } from "#ports/wake-word.ts";
import { AudioTail } from "./audio-tail.ts";

const SEARCH = "wake";

/** A phrase is not heard again for this long: an echo or a drawn-out last syllable is no second wake. */
const LOCK_SAMPLES = 2 * SAMPLE_RATE_HZ;

/**
 * Audio between a phrase's last sound and its report: 100 ms the library waits for a better match (-kws_delay),
 * the rest its features' look-ahead.
 */
const REPORT_LAG_SAMPLES = samplesOf(160);

/** An utterance is begun anew after this long, as the library keeps what it found until its end. */
const UTTERANCE_SAMPLES = 60 * SAMPLE_RATE_HZ;
/** Audio decoded again in a new utterance, so that a phrase across the border is heard: longer than any phrase. */
const OVERLAP_SAMPLES = samplesOf(1500);

const ARGUMENTS = [
  // Silence is left out before the model hears it, which keeps its level tracking on speech.
  ...["-remove_silence", "yes"],
  // The default prunes one in ten true phrases whose beginning is unclear.
  ...["-beam", "1e-100"],
];

export interface PocketsphinxKeyphrasesOptions {
  /** Where the US English model is; default where Debian puts it. */
  readonly modelDirectory?: string;
}

/**
 * Wake phrases with PocketSphinx's keyphrase search, where no better model can be had.
 *
 * Any English phrase; words the dictionary lacks are sounded out. Each stream has a model of its own: 20 ms to
 * open (0.5 s with a word to sound out), 10 MB and 2.5 % of a core.
 *
 * Measured on real recordings, one after the other on one stream, sensitivity 0.5 (in brackets 1): alexa 77 (87),
 * computer 68 (82), jarvis 73 (87), snowboy 63 (87) % heard, the same 20 and 30 dB quieter. False alarms in 0.67 h
 * of incessant speech and noise with eight phrases: 1.3 (6.5) a phrase and hour, nearly all from single words;
 * phrases of two words (hey tars, okay nabu, hey computer) none (4 in all), kitchen noise none.
 *
 * @throws {EngineError} `unavailable` when the library or the model is not installed; the message says how.
 */
export function pocketsphinxKeyphrases(options: PocketsphinxKeyphrasesOptions = {}): WakeWord {
  pocketsphinxLibraries();
  const files = modelFiles(options.modelDirectory);

  return {
    name: POCKETSPHINX,
    open(phrases) {
      if (phrases.length === 0) return DEAF;
      const { known } = pronounce(files.dictionary, phrases.flatMap(keywordsOf));
      const searched = phrases.flatMap((phrase) => keyphrases(phrase, known));
      const decoder = withDictionary(known, (dictionary) => {
        return new Decoder({ ...options, dictionary, arguments: ARGUMENTS });
      });
      try {
        withFile("phrases.kws", keyphraseFile(searched), (path) => decoder.setKeyphraseFile(SEARCH, path));
        return new KeyphraseStream(decoder, searched);
      } catch (error) {
        decoder[Symbol.dispose]();
        throw error;
      }
    },
    // Every stream owns what it uses.
    [Symbol.dispose]: () => undefined,
  };
}

/** Hears nothing, at no cost. */
const DEAF: WakeWordStream = {
  push: () => undefined,
  reset: () => undefined,
  [Symbol.dispose]: () => undefined,
};

class KeyphraseStream implements WakeWordStream {
  readonly #decoder: Decoder;
  /** By the spelling the library reports. */
  readonly #searched: ReadonlyMap<string, Keyphrase>;
  readonly #level = new SpeechLevel();
  readonly #quiet = new Int16Array(FRAME_SAMPLES);
  readonly #tail = new AudioTail(OVERLAP_SAMPLES);
  #nextSample: number | undefined;
  #utteranceSamples = 0;
  #lockedUntil = Number.NEGATIVE_INFINITY;

  constructor(decoder: Decoder, searched: readonly Keyphrase[]) {
    this.#decoder = decoder;
    this.#searched = new Map(searched.map((keyphrase) => [keyphrase.spelling, keyphrase]));
    decoder.start(SEARCH);
  }

  push(frame: PcmFrame, firstSample: number): WakeDetection | undefined {
    // Two pieces of speech with a hole between them must not make a phrase.
    if (this.#nextSample !== undefined && this.#nextSample !== firstSample) this.reset();
    this.#nextSample = firstSample + frame.length;
    this.#level.scale(frame, this.#quiet);
    this.#decoder.process(this.#quiet);
    this.#tail.push(this.#quiet);
    this.#utteranceSamples += frame.length;

    const detection = this.#detection(this.#nextSample);
    if (detection) this.#restart();
    else if (this.#utteranceSamples >= UTTERANCE_SAMPLES) {
      this.#restart();
      this.#decoder.process(this.#tail.samples());
    }
    if (detection === undefined || detection.endSample < this.#lockedUntil) return undefined;
    this.#lockedUntil = detection.endSample + LOCK_SAMPLES;
    return detection;
  }

  reset(): void {
    this.#decoder.end();
    this.#decoder.startStream();
    this.#decoder.start(SEARCH);
    this.#tail.clear();
    this.#utteranceSamples = 0;
    this.#nextSample = undefined;
    this.#lockedUntil = Number.NEGATIVE_INFINITY;
  }

  [Symbol.dispose](): void {
    this.#decoder[Symbol.dispose]();
  }

  #restart(): void {
    this.#decoder.start(SEARCH);
    this.#utteranceSamples = 0;
  }

  /** The best phrase the library reports now; it keeps quiet about those below their threshold. */
  #detection(nowSample: number): WakeDetection | undefined {
    if (this.#decoder.hypothesis() === "") return undefined;
    let best: WakeDetection | undefined;
    for (const { text, startFrame, endFrame, posterior } of this.#decoder.segments()) {
      const keyphrase = this.#searched.get(text.trim());
      if (keyphrase === undefined) continue;
      const score = keyphraseScore(posterior, keyphrase);
      if (best !== undefined && best.score >= score) continue;
      const endSample = Math.max(0, nowSample - REPORT_LAG_SAMPLES);
      const startSample = Math.max(0, endSample - (endFrame - startFrame + 1) * samplesOf(10));
      best = { phrase: keyphrase.phrase.text, score, startSample, endSample };
    }
    return best;
  }
}
