import type { NewId } from "#ports/new-id.ts";

/** 80 random bits in lower-case base 32, so that ids are short, case-insensitive and never collide in a home. */
export const newId: NewId = (prefix) => {
  const alphabet = "abcdefghijklmnopqrstuvwxyz234567";
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return `${prefix}-${Array.from(bytes, (byte) => alphabet[byte & 31]).join("")}`;
};
