import type { HubEvent } from "./hub-event.ts";

/** Which events somebody wants. Every part that is given must match. */
export interface EventFilter {
  /** Event types; `*` stands for any run of characters, as in `stt_*`. Empty or absent means all. */
  readonly types?: readonly string[];
  readonly sessionId?: string;
  readonly satelliteId?: string;
  readonly turnId?: string;
  /** Words of which all must occur somewhere in the event's text, whatever their case and accents. */
  readonly text?: string;
}

/** Whether a string can be a type pattern: what types are spelled with, and `*`. At most 64 characters. */
export function isTypePattern(pattern: string): boolean {
  return /^[a-z0-9_*]{1,64}$/.test(pattern);
}

/** Compile type patterns once; an empty list matches every type, a pattern that is none matches nothing. */
export function typeMatcher(patterns: readonly string[]): (type: string) => boolean {
  if (patterns.length === 0 || patterns.includes("*")) return () => true;
  const exact = new Set(patterns.filter((pattern) => !pattern.includes("*")));
  const wild = patterns
    .filter((pattern) => isTypePattern(pattern) && pattern.includes("*"))
    // Runs of stars are one star, so that no pattern can make the matcher backtrack for long.
    .map((pattern) => new RegExp(`^${pattern.replaceAll(/\*+/g, "[a-z0-9_]*")}$`));
  if (wild.length === 0) return (type) => exact.has(type);
  // There are few types: each is decided once.
  const decided = new Map<string, boolean>();
  return (type) => {
    let matches = decided.get(type);
    if (matches === undefined) {
      matches = exact.has(type) || wild.some((pattern) => pattern.test(type));
      decided.set(type, matches);
    }
    return matches;
  };
}

/** Compile a filter once, for use on many events. */
export function eventMatcher(filter: EventFilter): (event: HubEvent) => boolean {
  const { sessionId, satelliteId, turnId } = filter;
  const wantsType = typeMatcher(filter.types ?? []);
  const wanted = filter.text === undefined ? [] : words(filter.text);
  return (event) => {
    if (!wantsType(event.type)) return false;
    if (sessionId !== undefined && event.session_id !== sessionId) return false;
    if (satelliteId !== undefined && event.satellite_id !== satelliteId) return false;
    if (turnId !== undefined && event.turn_id !== turnId) return false;
    if (wanted.length === 0) return true;
    const present = new Set(words(searchableText(event)));
    return wanted.every((word) => present.has(word));
  };
}

/** The words of a text: runs of letters and digits, lower case, without accents. */
export function words(text: string): string[] {
  const plain = text
    .normalize("NFD")
    .replaceAll(/\p{Mn}/gu, "")
    .toLowerCase();
  return plain.match(/[\p{L}\p{N}]+/gu) ?? [];
}

/** Members of the envelope, which nobody means when searching for words. */
const ENVELOPE = new Set(["version", "seq", "timestamp", "type", "session_id", "satellite_id", "turn_id"]);

/** Everything in an event that can be searched: all strings of its own fields, however deep. */
export function searchableText(event: HubEvent): string {
  const found: string[] = [];
  for (const [key, value] of Object.entries(event)) {
    if (!ENVELOPE.has(key)) collect(value, found);
  }
  return found.join("\n");
}

function collect(value: unknown, found: string[]): void {
  if (typeof value === "string") found.push(value);
  else if (typeof value === "object" && value !== null) {
    for (const item of Object.values(value)) collect(item, found);
  }
}
