import { wordsOf } from "#core/words.ts";

/** How a transcript differs from what was said. */
export interface WordErrors {
  /** Words put in, left out or taken for others. */
  readonly errors: number;
  /** Words that were said. */
  readonly words: number;
}

/** The least number of words to put in, leave out or change to make one text the other (Levenshtein 1966). */
export function wordErrors(said: string, heard: string): WordErrors {
  const [a, b] = [wordsOf(said), wordsOf(heard)];
  let last = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (const [row, word] of a.entries()) {
    const current = [row + 1];
    for (const [column, other] of b.entries()) {
      const changed = (last[column] ?? 0) + (word === other ? 0 : 1);
      current.push(Math.min(changed, (last[column + 1] ?? 0) + 1, (current[column] ?? 0) + 1));
    }
    last = current;
  }
  return { errors: last.at(-1) ?? 0, words: a.length };
}
