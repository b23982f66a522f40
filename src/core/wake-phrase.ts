/** A word of a transcript with the moment it was recognised, when the engine tells. */
export interface TimedWord {
  readonly text: string;
  readonly startMs: number | undefined;
}

/** Lower-case words of a phrase or transcript; punctuation is not a word. */
export function wordsOf(text: string): string[] {
  return text
    .toLowerCase()
    .split(/[^\p{L}\p{M}\p{N}']+/u)
    .filter((word) => word !== "");
}

/**
 * Leave the wake phrase out of what was said after it.
 *
 * Words recognised to begin before `phraseEndMs` belong to the phrase. Where the engine gives no times, or the
 * estimate was early, leading words that repeat the end of the phrase go too. Nothing else is ever removed.
 */
export function withoutWakePhrase(
  words: readonly TimedWord[],
  phrase: string,
  phraseEndMs: number | undefined,
): string[] {
  const rest = words
    .filter((word) => phraseEndMs === undefined || word.startMs === undefined || word.startMs >= phraseEndMs)
    .map((word) => word.text);
  const wake = wordsOf(phrase);
  for (let take = Math.min(wake.length, rest.length); take > 0; take--) {
    const tail = wake.slice(wake.length - take);
    if (tail.every((word, i) => word === rest[i]?.toLowerCase())) return rest.slice(take);
  }
  return rest;
}

/** Whether saying `text` aloud would speak one of the wake phrases. */
export function speaksPhrase(text: string, phrases: readonly string[]): boolean {
  const said = ` ${wordsOf(text).join(" ")} `;
  return phrases.some((phrase) => said.includes(` ${wordsOf(phrase).join(" ")} `));
}
