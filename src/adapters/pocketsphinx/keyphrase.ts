import { EngineError } from "#core/faults.ts";
import { wordsOf } from "#core/words.ts";
import type { WakePhrase } from "#ports/wake-word.ts";
import type { Pronunciations } from "./dictionary.ts";
import { POCKETSPHINX } from "./libraries.ts";

/**
 * Evidence asked of a phrase at sensitivity 0.5, in the engine's score unit: this less what each phone takes off.
 *
 * The evidence is how much better the phrase fits than the best free sequence of phones; long phrases always
 * fit a little worse. Line and slope follow the strongest false scores of 36 phrases of 3 to 12 phones over 0.67 h
 * of speech (LibriSpeech, LJ Speech, coffee orders, wake words of others, kitchen noise).
 */
const EVIDENCE = 750;
const EVIDENCE_PER_PHONE = 140;
/** Long phrases are asked no less than this: the slope flattens beyond ten phones. */
const LEAST_EVIDENCE = -750;
/** How far sensitivity 0 raises and sensitivity 1 lowers the evidence asked for. */
const SENSITIVITY_SPAN = 300;
/** The score unit: 1024 steps of the natural logarithm of 1.0001, here as a power of ten. */
const DECADES_PER_UNIT = (1024 * Math.log(1.0001)) / Math.LN10;
/** What the library takes off every keyphrase score (KWS_MAX in kws_search.c). */
const SCORE_OFFSET = 1500;
/** Evidence that carries the score from 0.5 to 0.73. */
const SCORE_SLOPE = 300;
/** Pronunciations tried for one phrase. */
const MAX_VARIANTS = 4;

/** A phrase as the library searches for it: words of the dictionary, of which `word(2)` is another pronunciation. */
export interface Keyphrase {
  readonly spelling: string;
  readonly phrase: WakePhrase;
  /** Evidence at which it is reported. */
  readonly threshold: number;
}

/**
 * The lower-case words of a wake phrase.
 *
 * @throws {EngineError} `rejected` when there are none.
 */
export function keywordsOf(phrase: WakePhrase): string[] {
  const words = wordsOf(phrase.text);
  if (words.length > 0) return words;
  throw new EngineError(POCKETSPHINX, "rejected", `"${phrase.text}" is no wake phrase: it has no letters`);
}

/** The phrase in each of its pronunciations, at most four. */
export function keyphrases(phrase: WakePhrase, pronunciations: Pronunciations): Keyphrase[] {
  let variants: { readonly spelling: string; readonly phones: number }[] = [{ spelling: "", phones: 0 }];
  for (const word of keywordsOf(phrase)) {
    const ways = pronunciations.get(word) ?? [];
    variants = variants
      .flatMap(({ spelling, phones }) =>
        ways.map((way, index) => ({
          spelling: `${spelling} ${index === 0 ? word : `${word}(${index + 1})`}`.trim(),
          phones: phones + way.split(" ").length,
        })),
      )
      .slice(0, MAX_VARIANTS);
  }
  return variants.map(({ spelling, phones }) => ({
    spelling,
    phrase,
    threshold: thresholdOf(phones, phrase.sensitivity),
  }));
}

function thresholdOf(phones: number, sensitivity: number): number {
  const lean = 2 * Math.min(1, Math.max(0, sensitivity)) - 1;
  const asked = Math.max(EVIDENCE - EVIDENCE_PER_PHONE * phones, LEAST_EVIDENCE);
  return asked - lean * SENSITIVITY_SPAN;
}

/** The library's file of keyphrases: `words /threshold/` a line, the threshold as a ratio of likelihoods. */
export function keyphraseFile(list: readonly Keyphrase[]): string {
  return list
    .map(({ spelling, threshold }) => `${spelling} /${tenTo(threshold * DECADES_PER_UNIT)}/\n`)
    .join("");
}

/** Confidence 0..1 of a detection: 0.5 at the threshold. */
export function keyphraseScore(posterior: number, { threshold }: Keyphrase): number {
  return 1 / (1 + Math.exp(-(posterior + SCORE_OFFSET - threshold) / SCORE_SLOPE));
}

function tenTo(exponent: number): string {
  const whole = Math.floor(exponent);
  return `${(10 ** (exponent - whole)).toFixed(3)}e${whole}`;
}
