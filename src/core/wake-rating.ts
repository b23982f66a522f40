import { FREQUENT_WORDS } from "./frequent-words.ts";
import { UnspellableError } from "./unigram.ts";

/** How well a phrase would do as a wake phrase; worth telling while it is typed. */
export type WakeRating =
  | { readonly kind: "good" }
  /** Nothing was typed yet. */
  | { readonly kind: "empty" }
  /** So short that much of what is said sounds like it. */
  | { readonly kind: "too-short" }
  /** So long that it takes more than the two seconds in which it must be said. */
  | { readonly kind: "too-long" }
  /** Made of words that are said all day. */
  | { readonly kind: "common" }
  /** The engine cannot spell it; `problem` is a sentence that names the character. */
  | { readonly kind: "unspellable"; readonly problem: string };

/**
 * Fewest syllables of a phrase, and of one with fewer letters than this, that is not mistaken for others.
 *
 * Over 44 hours of listening (docs/decisions/2026-11-20-own-hearing-engine.md) phrases of less than these woke six
 * to ten times by accident ("echo", "house"), those of more at most three times and mostly never.
 */
const MIN_SYLLABLES = 2;
const MIN_SYLLABLES_WHEN_SHORT = 3;
const SHORT_LETTERS = 5;
/** Syllables spoken in two seconds by somebody who takes their time. */
const MAX_SYLLABLES = 9;
/** A phrase of so many syllables is rarely said by accident even where each of its words is common. */
const RARE_SYLLABLES = 4;

/** Rate a phrase. `spell` throws `UnspellableError` for what the engine has no tokens for. */
export function rateWakePhrase(phrase: string, spell: (phrase: string) => unknown): WakeRating {
  const words = phrase.toLowerCase().trim().split(/\s+/).filter(Boolean);
  if (words.length === 0) return { kind: "empty" };
  try {
    spell(phrase);
  } catch (error) {
    if (!(error instanceof UnspellableError)) throw error;
    return { kind: "unspellable", problem: error.message };
  }
  const syllables = words.reduce((sum, word) => sum + syllablesOf(word), 0);
  const letters = words.join("").replace(/[^\p{L}]/gu, "").length;
  if (syllables > MAX_SYLLABLES) return { kind: "too-long" };
  const common = words.every((word) => FREQUENT_WORDS.has(word));
  if (common && syllables < RARE_SYLLABLES) return { kind: "common" };
  const fewest = letters <= SHORT_LETTERS ? MIN_SYLLABLES_WHEN_SHORT : MIN_SYLLABLES;
  if (syllables < fewest) return { kind: "too-short" };
  return { kind: "good" };
}

/** Estimate the syllables of an English word: groups of vowels, less a silent e at the end. */
export function syllablesOf(word: string): number {
  const groups = word.match(/[aeiouy]+/g)?.length ?? 0;
  const silent = /[^aeiouyl]e$|[aeiouy][^aeiouyl]es$/.test(word) ? 1 : 0;
  return Math.max(1, groups - silent);
}
