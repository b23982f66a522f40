import { checkFiles } from "#adapters/native/check-files.ts";
import { loadSherpaAddon, type TransducerFiles, transducerConfig } from "#adapters/native/sherpa-addon.ts";
import { EngineError } from "#core/faults.ts";
import { SAMPLE_RATE_HZ } from "#core/pcm.ts";
import { UnigramTokenizer, UnspellableError } from "#core/unigram.ts";
import type { WakePhrase, WakeWord } from "#ports/wake-word.ts";
import { keywordStream } from "./keyword-stream.ts";

const NAME = "sherpa-keywords";

/** Paths searched at once: with sherpa's default of 4 a third of the wakes are pruned away. */
const ACTIVE_PATHS = 40;
/** Threshold and boost at sensitivity 0.5: 95 to 100 % of real wakes found. */
const THRESHOLD = 0.05;
const BOOST = 1.5;
/** The threshold at sensitivity 0 is this many times the default, at 1 as many times less. */
const THRESHOLD_SPAN = 8;

/** The spotter's model: a streaming transducer of capitals with its unigram scores, all absolute paths. */
export interface SherpaKeywordsOptions {
  readonly files: TransducerFiles;
  /** JSON object of the model's pieces and their log-probabilities. */
  readonly unigramScores: string;
  /** Where the engine may keep its extracted libraries. */
  readonly cacheDir: string;
}

/**
 * Open-vocabulary wake phrases with sherpa-onnx's keyword spotter.
 *
 * Any phrase that can be spelled with the model's tokens is found, without training. One model in memory serves
 * every set of phrases; a stream costs about 1.5 % of a core.
 *
 * @throws {EngineError} `unavailable` when a file is missing or does not belong to the model.
 */
export async function sherpaKeywords(options: SherpaKeywordsOptions): Promise<WakeWord> {
  const { files, unigramScores, cacheDir } = options;
  checkFiles(NAME, [...Object.values(files), unigramScores]);
  const tokenizer = new UnigramTokenizer(await readScores(unigramScores));
  const tokens = await readTokens(files.tokens);
  const addon = await loadSherpaAddon(NAME, cacheDir);

  const idle = Buffer.from(idleKeyword(tokens));
  const spotter = addon.createKeywordSpotter({
    featConfig: { sampleRate: SAMPLE_RATE_HZ, featureDim: 80 },
    modelConfig: transducerConfig(files),
    maxActivePaths: ACTIVE_PATHS,
    // Blank frames after the last token before a phrase counts: none costs hits, more costs time.
    numTrailingBlanks: 1,
    keywordsScore: BOOST,
    keywordsThreshold: THRESHOLD,
    keywordsBuf: idle.toString(),
    keywordsBufSize: idle.byteLength,
  });

  /** sherpa ends the process over a token it does not know, so each is looked up first. */
  function spell({ text }: WakePhrase): string {
    let pieces: string[];
    try {
      pieces = tokenizer.pieces(text.toUpperCase());
    } catch (cause) {
      if (cause instanceof UnspellableError)
        throw new EngineError(NAME, "rejected", cause.message, { cause });
      throw cause;
    }
    if (pieces.length === 0) throw new EngineError(NAME, "rejected", `"${text}" is no phrase: it is blank`);
    const unknown = pieces.find((piece) => !tokens.has(piece));
    if (unknown !== undefined) {
      throw new EngineError(NAME, "unavailable", `its scores and tokens differ: "${unknown}" is no token`);
    }
    return pieces.join(" ");
  }

  return {
    name: NAME,
    open(phrases) {
      const spellings = new Map<string, string>();
      phrases.forEach((phrase, index) => {
        const spelling = spell(phrase);
        // The first of two phrases spelled alike is the one reported.
        if (!spellings.has(spelling)) spellings.set(spelling, `${spelling} ${strictness(phrase)} @${index}`);
      });
      const keywords = [...spellings.values()].join("/");
      return keywordStream({ addon, spotter, keywords, phrases: phrases.map(({ text }) => text) });
    },
    // The native spotter is freed with the last reference to it.
    [Symbol.dispose]: () => undefined,
  };
}

/** The boost and threshold of a phrase as sherpa writes them: ` :boost #threshold`. */
function strictness({ sensitivity }: WakePhrase): string {
  const lean = 2 * Math.min(1, Math.max(0, sensitivity)) - 1;
  const threshold = THRESHOLD * THRESHOLD_SPAN ** -lean;
  return `:${(BOOST + lean / 2).toFixed(3)} #${threshold.toFixed(5)}`;
}

/**
 * A spotter must have a keyword of its own, and listens for it in every stream.
 *
 * This one asks for a probability of 1, which no two tokens reach, and is not boosted.
 */
function idleKeyword(tokens: ReadonlySet<string>): string {
  const [first, second] = [...tokens].filter((token) => !/^<.*>$/.test(token));
  if (first === undefined || second === undefined) {
    throw new EngineError(NAME, "unavailable", "its token list is empty");
  }
  return `${first} ${second} :0.001 #1.0 @idle\n`;
}

async function readScores(path: string): Promise<[string, number][]> {
  const scores: unknown = await Bun.file(path)
    .json()
    .catch(() => undefined);
  const entries = typeof scores === "object" && scores !== null ? Object.entries(scores) : [];
  if (entries.length === 0 || entries.some(([, score]) => typeof score !== "number")) {
    throw new EngineError(NAME, "unavailable", `${path} holds no scores`);
  }
  return entries;
}

/** tokens.txt: one `token id` a line. */
async function readTokens(path: string): Promise<ReadonlySet<string>> {
  const lines = (await Bun.file(path).text()).split("\n");
  return new Set(lines.map((line) => line.slice(0, line.lastIndexOf(" "))).filter(Boolean));
}
