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
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const same = a[row - 1] === b[column - 1];
      let cost = Math.min(
        at(last, column) + 1,
        at(current, column - 1) + 1,
        at(last, column - 1) + (same ? 0 : 1),
      );
      if (row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1]) {
        cost = Math.min(cost, at(beforeLast, column - 2) + 1);
      }
      current.push(cost);
    }
    beforeLast = last;
    last = current;
  }
  return 1 - at(last, b.length) / longer;
}

function at(row: readonly number[], column: number): number {
  return row[column] as number;
}
