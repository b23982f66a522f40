import { wordsOf } from "./words.ts";

/**
 * Leave the wake phrase out of what was said after it.
 *
 * Leading words that repeat the phrase or its end go: a recogniser that begins a little early hears the last
 * syllables. Nothing else is ever removed, so that the phrase may be spoken of later in the sentence.
 */
export function withoutWakePhrase(text: string, phrase: string): string {
  const words = text.trim().split(/\s+/);
  const wake = wordsOf(phrase);
  for (let take = Math.min(wake.length, words.length); take > 0; take--) {
    const tail = wake.slice(wake.length - take).join(" ");
    if (wordsOf(words.slice(0, take).join(" ")).join(" ") === tail) return words.slice(take).join(" ");
  }
  return words.join(" ");
}

/** Whether saying `text` aloud would speak one of the wake phrases. */
export function speaksPhrase(text: string, phrases: readonly string[]): boolean {
  const said = ` ${wordsOf(text).join(" ")} `;
  return phrases.some((phrase) => said.includes(` ${wordsOf(phrase).join(" ")} `));
}
