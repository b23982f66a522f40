/**
 * Makes a fresh identifier: `prefix`, a hyphen, and at least 64 random bits.
 *
 * Injected so that tests are repeatable; `adapters/system` holds the real one.
 */
export type NewId = (prefix: string) => string;
