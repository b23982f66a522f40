import type { PcmFrame } from "#core/pcm.ts";
import { Decoder } from "./decoder.ts";
import { type Pronunciations, pronounce, withDictionary } from "./dictionary.ts";
import { type Evidence, evidenceOf, isWord } from "./gate.ts";
import { wordsOfJsgf } from "./jsgf-words.ts";
import { modelFiles } from "./libraries.ts";

const SEARCH = "heard";

const ARGUMENTS = [
  // Silence stays in, so that word times are those of the audio.
  ...["-remove_silence", "no"],
  // All states are scored in every frame. Otherwise scores are relative to the best of those a decoder looks at,
  // and two decoders cannot be compared.
  ...["-compallsen", "yes"],
];

/** Beams of the command decoder: less than half the time of the default's, and the same 34 of 35 commands right. */
const COMMAND_BEAMS = ["-beam", "1e-35", "-pbeam", "1e-35", "-wbeam", "1e-20"];

/** The phones of the model's US English, all but silence. */
const PHONES =
  "AA AE AH AO AW AY B CH D DH EH ER EY F G HH IH IY JH K L M N NG OW OY P R S SH T TH UH UW V W Y Z ZH";
/** Each phone as a word of its own. */
const FREE_PHONES: Pronunciations = new Map(
  PHONES.split(" ").map((phone) => [`_${phone.toLowerCase()}`, [phone]]),
);
const ANY_SPEECH = `( ${[...FREE_PHONES.keys()].join(" | ")} )+`;

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

/**
 * Check a grammar and find the pronunciations of its words.
 *
 * @throws {EngineError} `rejected` when the grammar is not JSGF or has a word that cannot be pronounced.
 */
export function listenerSetup(jsgf: string, modelDirectory?: string): ListenerSetup {
  const { known } = pronounce(modelFiles(modelDirectory).dictionary, wordsOfJsgf(jsgf));
  return { modelDirectory, jsgf: withLead(jsgf), words: new Map([...known, ...FREE_PHONES]) };
}

/**
 * Let free phones come before the command.
 *
 * The utterance often begins with the last sound of the wake phrase, and a grammar that has no place for it bends
 * the whole command around it: of 20 real commands after real wake words 7 are right without this and all with it.
 */
function withLead(jsgf: string): string {
  const command = /\bpublic\s+(<[^<>]*>)/.exec(jsgf)?.[1] ?? "<NULL>";
  const lead = `public <hearth_heard> = [ <hearth_lead> ] ${command};\n<hearth_lead> = ${ANY_SPEECH};\n`;
  return `${jsgf.replace(/\bpublic\s+(?=<)/g, "")}\n${lead}`;
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

  /** @throws {EngineError} `rejected` when the grammar does not parse, `unavailable` without library or model. */
  constructor({ modelDirectory, jsgf, words }: ListenerSetup) {
    const common = modelDirectory === undefined ? {} : { modelDirectory };
    using made = new DisposableStack();
    this.#commands = made.use(
      withDictionary(words, (dictionary) => {
        return new Decoder({ ...common, dictionary, arguments: [...ARGUMENTS, ...COMMAND_BEAMS] });
      }),
    );
    this.#commands.setGrammar(SEARCH, jsgf);
    this.#phones = made.use(
      withDictionary(FREE_PHONES, (dictionary) => {
        return new Decoder({ ...common, dictionary, arguments: ARGUMENTS });
      }),
    );
    this.#phones.setGrammar(SEARCH, `#JSGF V1.0;\ngrammar phones;\npublic <speech> = ${ANY_SPEECH};\n`);
    this.#commands.start(SEARCH);
    this.#phones.start(SEARCH);
    made.move();
  }

  /** Decode one frame with both decoders: 4 to 5 ms. */
  push(frame: PcmFrame): void {
    this.#commands.process(frame);
    this.#phones.process(frame);
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
