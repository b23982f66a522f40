import { parseNumber, spokenNumber } from "#core/numbers.ts";

const UNITS: readonly (readonly [name: string, ms: number])[] = [
  ["hour", 3_600_000],
  ["minute", 60_000],
  ["second", 1000],
];

/**
 * The length of a duration in words, in milliseconds: "ten minutes", "an hour and a half", "half an hour",
 * "one hour and thirty minutes". Undefined when the words are not exactly one.
 */
export function parseDuration(text: string): number | undefined {
  let total = 0;
  let rest = text.split(" ");
  do {
    const at = rest.findIndex((word) => unitOf(word) !== undefined);
    const unitMs = unitOf(rest[at] ?? "");
    const amount = parseAmount(rest.slice(0, at));
    if (unitMs === undefined || amount === undefined) return undefined;
    total += amount * unitMs;
    rest = rest.slice(at + 1);
    if (rest.join(" ") === "and a half") {
      total += unitMs / 2;
      rest = [];
    }
    if (rest[0] === "and") rest = rest.slice(1);
  } while (rest.length > 0);
  return total;
}

/** A duration exactly as it is said, to the second: "one hour, two minutes and three seconds". */
export function spokenDuration(ms: number): string {
  const parts = partsOf(ms).map(([name, count]) => `${spokenNumber(count)} ${name}${count === 1 ? "" : "s"}`);
  return listed(parts.length === 0 ? ["zero seconds"] : parts);
}

/** A duration before a noun: "ten minute" in "ten minute timer". */
export function durationAdjective(ms: number): string {
  return partsOf(ms)
    .map(([name, count]) => `${spokenNumber(count)} ${name}`)
    .join(" ");
}

/** What is left, no more exact than anybody wants it: to the second below ten minutes, else to the minute. */
export function spokenRemaining(ms: number): string {
  const stepMs = ms < 600_000 ? 1000 : 60_000;
  return spokenDuration(Math.max(1000, Math.ceil(ms / stepMs) * stepMs));
}

/** "a", "a and b", "a, b and c". */
export function listed(parts: readonly string[]): string {
  const last = parts.at(-1) ?? "";
  return parts.length < 2 ? last : `${parts.slice(0, -1).join(", ")} and ${last}`;
}

function unitOf(word: string): number | undefined {
  return UNITS.find(([name]) => word === name || word === `${name}s`)?.[1];
}

/** "ten", "half an", "a quarter of an", "two and a half". */
function parseAmount(words: readonly string[]): number | undefined {
  const article = words.length > 1 && /^an?$/u.test(words.at(-1) ?? "");
  const bare = article ? words.slice(0, -1) : words;
  const of = bare.length > 1 && bare.at(-1) === "of";
  return parseNumber(of ? bare.slice(0, -1) : bare);
}

function partsOf(ms: number): (readonly [name: string, count: number])[] {
  let restMs = Math.round(ms / 1000) * 1000;
  return UNITS.flatMap(([name, unitMs]) => {
    const count = Math.floor(restMs / unitMs);
    restMs -= count * unitMs;
    return count === 0 ? [] : [[name, count] as const];
  });
}
