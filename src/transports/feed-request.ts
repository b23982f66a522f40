import { isTypePattern, typeMatcher } from "#events/event-filter.ts";
import { CATALOGUE, type EventType } from "#events/hub-event.ts";
import { isEventType } from "#events/stamp.ts";

/** Events a subscriber gets on connect when it does not say how many: as many as the original kept. */
const REPLAY_EVENTS = 50;

/** Which events a subscriber wants. */
export interface FeedFilter {
  /** What it asked for, as patterns; empty means every type. */
  readonly patterns: readonly string[];
  /** The types that match and that it may see. */
  readonly types: ReadonlySet<string>;
  /** Whether live-only events are wanted as well. */
  readonly ephemeral: boolean;
  readonly sessionId?: string;
  readonly satelliteId?: string;
  readonly turnId?: string;
}

/** Where a subscription begins. */
type FeedStart =
  /** With the last `limit` stored events, in the original's `replay` frame. */
  | { readonly kind: "recent"; readonly limit: number }
  /** With everything stored after `seq`; at most the last `limit` of it. */
  | { readonly kind: "since"; readonly seq: number; readonly limit: number }
  /** With what happens from now on. */
  | { readonly kind: "now" };

export interface FeedRequest {
  readonly filter: FeedFilter;
  readonly start: FeedStart;
}

/** A request, understood or not; `problem` is a sentence for the subscriber. */
export type ParsedRequest =
  | { readonly ok: true; readonly request: FeedRequest }
  | { readonly ok: false; readonly problem: string };

/** What a subscriber can ask for, whether in a URL or in a message. */
interface Asked {
  readonly types: unknown;
  readonly session: unknown;
  readonly satellite: unknown;
  readonly turn: unknown;
  readonly ephemeral: unknown;
  readonly since: unknown;
  readonly limit: unknown;
}

/** Read `?types=&session=&satellite=&turn=&ephemeral=&since=&limit=`. `allowed` are patterns of what it may see. */
export function requestFromUrl(url: URL, allowed: readonly string[]): ParsedRequest {
  const get = (name: string) => url.searchParams.get(name) ?? undefined;
  const flag = get("ephemeral");
  return parse(
    {
      types: get("types")
        ?.split(",")
        .map((pattern) => pattern.trim())
        .filter((pattern) => pattern !== ""),
      session: get("session") || undefined,
      satellite: get("satellite") || undefined,
      turn: get("turn") || undefined,
      ephemeral: flag === undefined ? undefined : (FLAGS.get(flag) ?? flag),
      since: number(get("since")),
      limit: number(get("limit")),
    },
    allowed,
    { kind: "recent", limit: REPLAY_EVENTS },
  );
}

/** Read a `subscribe` message; it has the same members as the URL, and without `since` begins now. */
export function requestFromMessage(message: object, allowed: readonly string[]): ParsedRequest {
  const given: Readonly<Partial<Asked>> = message;
  const { types, session, satellite, turn, ephemeral, since, limit } = given;
  const asked = { types, session, satellite, turn, ephemeral, since, limit };
  return parse(asked, allowed, { kind: "now" });
}

const FLAGS: ReadonlyMap<string, boolean> = new Map([
  ["0", false],
  ["false", false],
  ["1", true],
  ["true", true],
]);

/** A number in a URL; what is none stays text and is refused later. */
function number(text: string | undefined): number | string | undefined {
  return text !== undefined && /^\d{1,16}$/.test(text) ? Number(text) : text;
}

function parse(asked: Asked, allowed: readonly string[], otherwise: FeedStart): ParsedRequest {
  const patterns = asked.types ?? [];
  if (!isStrings(patterns) || patterns.length > 100 || !patterns.every(isTypePattern)) {
    return refuse('"types" takes event types, where * stands for any characters.');
  }
  const unknown = patterns.find((pattern) => !pattern.includes("*") && !isEventType(pattern));
  if (unknown !== undefined) return refuse(`There is no event type "${unknown}".`);
  for (const name of ["session", "satellite", "turn"] as const) {
    if (!isId(asked[name])) return refuse(`"${name}" takes one identifier.`);
  }
  const { ephemeral = true, since, limit } = asked;
  if (typeof ephemeral !== "boolean") return refuse('"ephemeral" takes 0 or 1.');
  if (!isCount(since)) return refuse('"since" takes the number of an event.');
  if (!isCount(limit)) return refuse('"limit" takes a whole number.');

  const types = typesOf(patterns, allowed);
  if (types.size === 0) return refuse("None of these event types may be read with this token.");
  let start = otherwise;
  if (since !== undefined && since !== null) {
    start = { kind: "since", seq: since, limit: limit ?? Number.POSITIVE_INFINITY };
  } else if (limit !== undefined && limit !== null) {
    start = { kind: "recent", limit: Math.min(limit, 1000) };
  }
  const { session, satellite, turn } = asked;
  return {
    ok: true,
    request: {
      filter: {
        patterns,
        types,
        ephemeral,
        ...(typeof session === "string" && { sessionId: session }),
        ...(typeof satellite === "string" && { satelliteId: satellite }),
        ...(typeof turn === "string" && { turnId: turn }),
      },
      start,
    },
  };
}

function typesOf(patterns: readonly string[], allowed: readonly string[]): ReadonlySet<string> {
  const wanted = typeMatcher(patterns);
  const permitted = typeMatcher(allowed);
  return new Set(Object.keys(CATALOGUE).filter((type) => wanted(type) && permitted(type)));
}

/** Every type there is, for telling whether a filter leaves any out. */
export const ALL_TYPES: readonly EventType[] = Object.keys(CATALOGUE).filter(isEventType);

function isStrings(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === "string");
}

function isId(value: unknown): boolean {
  if (value === undefined || value === null) return true;
  return typeof value === "string" && value.length > 0 && value.length <= 128;
}

function isCount(value: unknown): value is number | null | undefined {
  if (value === undefined || value === null) return true;
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}

function refuse(problem: string): ParsedRequest {
  return { ok: false, problem };
}
