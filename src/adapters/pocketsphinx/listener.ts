import { FRAME_SAMPLES, type PcmFrame } from "#core/pcm.ts";
import { Decoder } from "./decoder.ts";
import { type Pronunciations, pronounce, withDictionary } from "./dictionary.ts";
import { type Evidence, evidenceOf, isWord } from "./gate.ts";
import { modelFiles } from "./libraries.ts";

const SEARCH = "heard";

/**
 * Gain before the model, -26 dB.
 *
 * The model's starting point for its level tracking fits quiet speech: of 26 commands spoken by espeak-ng, 21 are
 * right at 0.05, 19 at 0.02 and 17 at 0.15.
 */
const GAIN = 0.05;

/** Silence stays in, so that word times are those of the audio. */
const ARGUMENTS = ["-remove_silence", "no"];

/** The phones of the model's US English, all but silence. */
const PHONES =
  "AA AE AH AO AW AY B CH D DH EH ER EY F G HH IH IY JH K L M N NG OW OY P R S SH T TH UH UW V W Y Z ZH";

/** What one utterance is decoded with, prepared once for all. */
export interface ListenerSetup {
  readonly modelDirectory: string | undefined;
  readonly jsgf: string;
  readonly words: Pronunciations;
}

/** What a listener makes of the utterance so far. */
export interface Heard {
  readonly words: readonly { readonly text: string; readonly startMs: number }[];
  /** Undefined when there are no words. */
  readonly evidence: Evidence | undefined;
}

/** Find the pronunciations of every word of a grammar. */
export function listenerSetup(jsgf: string, modelDirectory?: string): ListenerSetup {
  const { known } = pronounce(modelFiles(modelDirectory).dictionary, wordsOfJsgf(jsgf));
  return { modelDirectory, jsgf, words: known };
}

/** The words a JSGF grammar can hear. */
export function wordsOfJsgf(jsgf: string): Set<string> {
  const rules = jsgf
    .replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, " ")
    .replace(/^\s*#JSGF[^;]*;|^\s*(?:grammar|import)[^;]*;/gm, " ")
    .replace(/\bpublic\s+(?=<)/g, " ")
    .replace(/<[^>]*>|\/[\d.eE+-]+\/|\{[^}]*\}/g, " ");
  return new Set(rules.match(/[\p{L}\p{M}\d'][\p{L}\p{M}\d'_.-]*/gu));
}

/**
 * Hears one utterance twice: as a command of the grammar and as free phones.
 *
 * Made for one utterance and then disposed, as the library carries level tracking from one utterance into the
 * next and has no way to forget it; so the same audio always gives the same words. Both decoders go in step.
 */
export class Listener implements Disposable {
  readonly #commands: Decoder;
  readonly #phones: Decoder;
  readonly #quiet = new Int16Array(FRAME_SAMPLES);

  /** @throws {EngineError} `rejected` when the grammar does not parse, `unavailable` without library or model. */
  constructor({ modelDirectory, jsgf, words }: ListenerSetup) {
    const common = { ...(modelDirectory === undefined ? {} : { modelDirectory }), arguments: ARGUMENTS };
    using made = new DisposableStack();
    this.#commands = made.use(withDictionary(words, (dictionary) => new Decoder({ ...common, dictionary })));
    this.#commands.setGrammar(SEARCH, jsgf);
    const phones = new Map(PHONES.split(" ").map((phone) => [phone.toLowerCase(), [phone]]));
    this.#phones = made.use(withDictionary(phones, (dictionary) => new Decoder({ ...common, dictionary })));
    const anything = [...phones.keys()].join(" | ");
    this.#phones.setGrammar(SEARCH, `#JSGF V1.0;\ngrammar phones;\npublic <speech> = ( ${anything} )+;\n`);
    this.#commands.start(SEARCH);
    this.#phones.start(SEARCH);
    made.move();
  }

  /** Decode one frame with both decoders: 2 to 3 ms. */
  push(frame: PcmFrame): void {
    for (let i = 0; i < FRAME_SAMPLES; i++) this.#quiet[i] = (frame[i] ?? 0) * GAIN;
    this.#commands.process(this.#quiet);
    this.#phones.process(this.#quiet);
  }

  /** The command's words so far; cheap. */
  hypothesis(): string {
    return this.#commands.hypothesis();
  }

  /** The utterance is over: complete the best paths. */
  end(): void {
    this.#commands.end();
    this.#phones.end();
  }

  heard(): Heard {
    const segments = this.#commands.segments();
    return {
      words: segments
        .filter(isWord)
        .map(({ text, startFrame }) => ({ text: text.replace(/\(\d+\)$/, ""), startMs: startFrame * 10 })),
      evidence: evidenceOf(segments, this.#phones.segments()),
    };
  }

  [Symbol.dispose](): void {
    this.#commands[Symbol.dispose]();
    this.#phones[Symbol.dispose]();
  }
}
