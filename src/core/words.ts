import { editDistance } from "./edit-distance.ts";

/** Most words an utterance may have to be looked at as a command; longer ones are speech, not commands. */
export const MAX_COMMAND_WORDS = 40;

/** Signs that are spoken as words, in the order they are replaced. */
const SPOKEN_SIGNS: readonly (readonly [RegExp, string])[] = [
  [/(?<=\d),(?=\d{3}(?!\d))/gu, ""],
  [/(?<=[\d)]\s*)[-−–](?=\s*[-−]?\d)/gu, " minus "],
  [/(?<![\p{L}\d])[-−](?=\d)/gu, " minus "],
  [/\+/gu, " plus "],
  [/[×*]|(?<=\d\s*)x(?=\s*\d)/gu, " times "],
  [/÷|(?<=\d\s*)\/(?=\s*\d)/gu, " divided by "],
  [/%/gu, " percent "],
];

/**
 * Cut an utterance into plain words: lower case, without punctuation, digits kept.
 *
 * Apostrophes and full stops stay inside words and numbers ("what's", "3.5", "p.m" becomes "pm"); hyphens part
 * words, and so does a unit written to its number ("10min"); "+", "×", "÷", "%" and a minus between numbers are
 * spelled out.
 */
export function wordsOf(text: string): string[] {
  let plain = text
    .normalize("NFKC")
    .toLowerCase()
    .replace(/[’‘`´]/gu, "'");
  for (const [sign, spoken] of SPOKEN_SIGNS) plain = plain.replace(sign, spoken);
  return plain
    .replace(/\b([ap])\.\s?m\b\.?/gu, "$1m")
    .replace(/(?<=\d)(?!(?:st|nd|rd|th)\b)(?=\p{L})/gu, " ")
    .replace(/(?<!\d)\.|\.(?!\d)/gu, " ")
    .replace(/[^\p{L}\p{M}\p{N}'.]+/gu, " ")
    .split(" ")
    .map((word) => word.replace(/^'+|'+$/gu, ""))
    .filter((word) => word !== "");
}

/**
 * How alike two words are written, 0..1: one minus the edit distance over the longer length.
 *
 * Insertions, deletions, substitutions and swapped neighbours each count one. Words of more than 32 letters are
 * alike only when equal.
 */
export function wordSimilarity(a: string, b: string): number {
  if (a === b) return 1;
  const longer = Math.max(a.length, b.length);
  if (longer > 32) return 0;
  return 1 - editDistance(a, b) / longer;
}
