import { checkFiles } from "#adapters/native/check-files.ts";
import type { TransducerFiles } from "#adapters/native/sherpa-addon.ts";
import { EngineError } from "#core/faults.ts";
import { GrammarError } from "#core/grammar-pattern.ts";
import { GrammarStates } from "#core/transducer/grammar-states.ts";
import { compileGrammar } from "#core/transducer/token-grammar.ts";
import { UnspellableError } from "#core/unigram.ts";
import type { HearingEngine } from "#ports/hearing-engine.ts";
import { TransducerStream } from "./hearing-stream.ts";
import { loadTransducer, type TransducerModel } from "./model.ts";
import { readSpelling } from "./read-spelling.ts";
import { type LoadedGrammar, UtteranceReading } from "./utterance-reading.ts";

const NAME = "hearth";

/** The model: a streaming transducer of capitals with its unigram scores, all absolute paths. */
export interface TransducerHearingOptions {
  readonly files: TransducerFiles;
  /** JSON object of the model's pieces and their log-probabilities. */
  readonly unigramScores: string;
  /** Where the engine may keep its extracted libraries. */
  readonly cacheDir: string;
}

/** What the streams of one engine share. */
export interface HearingParts {
  readonly model: TransducerModel;
  /**
   * Every way to spell a phrase.
   *
   * @throws {EngineError} `rejected` when there is none.
   */
  readonly spellings: (phrase: string) => readonly (readonly number[])[];
  /** A reading with the commands of now. */
  readonly reading: () => UtteranceReading;
}

/**
 * Hearth's own hearing: one pass of a small streaming transducer per satellite, in which wake phrases, transcript
 * and commands are all looked for.
 *
 * English. One model in memory serves every satellite; a stream holds about 0.6 MB and costs 1.5 % of a
 * core while it listens. The files' hashes are to be checked before: a damaged encoder can end the process.
 *
 * @throws {EngineError} `unavailable` when a file is missing or does not belong to the model.
 */
export async function transducerHearing(options: TransducerHearingOptions): Promise<HearingEngine> {
  const { files, unigramScores, cacheDir } = options;
  checkFiles(NAME, [files.tokens, unigramScores]);
  const spelling = await readSpelling(files.tokens, unigramScores);
  const model = await loadTransducer(files, cacheDir);
  if (spelling.size !== model.vocabulary) {
    model[Symbol.dispose]();
    throw new EngineError(NAME, "unavailable", "its tokens are not those of its model");
  }
  let loaded: LoadedGrammar | undefined;

  const parts: HearingParts = {
    model,
    spellings(phrase) {
      try {
        const tokens = spelling.spell(phrase);
        if (tokens.length > 0) return [tokens];
      } catch (cause) {
        if (!(cause instanceof UnspellableError)) throw cause;
        throw new EngineError(NAME, "rejected", cause.message, { cause });
      }
      throw new EngineError(NAME, "rejected", `"${phrase}" is no phrase: it is blank`);
    },
    reading: () => new UtteranceReading(model, spelling, loaded),
  };

  return {
    name: NAME,
    open: (phrases) => new TransducerStream(parts, phrases),
    setVocabulary(vocabulary) {
      try {
        const grammar = compileGrammar(vocabulary, spelling);
        loaded = { grammar, states: new GrammarStates(grammar, spelling) };
        return grammar.unspellable;
      } catch (cause) {
        if (!(cause instanceof GrammarError)) throw cause;
        throw new EngineError(NAME, "rejected", cause.message, { cause });
      }
    },
    [Symbol.dispose]: () => model[Symbol.dispose](),
  };
}
