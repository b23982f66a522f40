/**
 * How much less likely than the best open transcript a command read from the sound may be, as a natural logarithm per
 * token.
 *
 * Above `SURE_LLR` nothing unrelated was ever taken for a command; above `LIKELY_LLR`, one of two hundred recordings
 * was, and 97 of a hundred commands were right (docs/decisions/2026-11-20-own-hearing-engine.md). Between the two it
 * takes a transcript that does not say something else.
 */
export const SURE_LLR = -0.5;
export const LIKELY_LLR = -2;
