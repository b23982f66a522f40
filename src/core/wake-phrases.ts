/** Most phrases listened for at once, and the longest, in characters. */
export const MAX_WAKE_PHRASES = 16;
export const MAX_WAKE_PHRASE_LENGTH = 64;

/** A phrase as it is listened for: without space around or doubled inside. */
export function tidyPhrase(text: string): string {
  return text.trim().replace(/\s+/g, " ");
}

/** Whether two phrases are the same to the ear of a person who reads them. */
export function samePhrase(a: string, b: string): boolean {
  return tidyPhrase(a).toLowerCase() === tidyPhrase(b).toLowerCase();
}
