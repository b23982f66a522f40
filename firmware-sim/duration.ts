/**
 * Read a duration with its unit, `250ms`, `1.5s` or `2m`, as milliseconds.
 *
 * @throws {RangeError} with a sentence when it is not one; a bare number is refused because its unit is a guess.
 */
export function parseDuration(text: string): number {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m)$/.exec(text.trim());
  if (!match) throw new RangeError(`"${text}" is no duration; write it as 250ms, 1.5s or 2m.`);
  const unitMs = match[2] === "ms" ? 1 : match[2] === "s" ? 1000 : 60_000;
  return Number(match[1]) * unitMs;
}
