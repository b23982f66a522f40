import { existsSync } from "node:fs";
import { join } from "node:path";
import { EventReader } from "#adapters/sqlite/event-reader.ts";
import type { EventFilter } from "#events/event-filter.ts";
import { textLines } from "./text-lines.ts";

/** Rows looked at in one go when reading from a data directory. */
const PAGE_ROWS = 2000;

/** Stored events cannot be read. The message is a sentence that says what to do. */
export class EventsUnreadable extends Error {
  override readonly name = "EventsUnreadable";
}

/** Which stored events to read. */
export interface StoredFilter extends Omit<EventFilter, "text"> {
  /** Only events with a greater number. */
  readonly since: number;
  /** Only the newest so many. */
  readonly newest?: number;
}

/** Where stored events are read: from a running hub, or from a data directory whether a hub runs on it or not. */
export type EventPlace =
  | { readonly kind: "hub"; readonly url: URL; readonly token: string | undefined }
  | { readonly kind: "data"; readonly path: string };

/**
 * The JSON texts of stored events, oldest first.
 *
 * @throws {EventsUnreadable} when there is no such hub or directory, or it refuses.
 */
export function storedEvents(
  place: EventPlace,
  filter: StoredFilter,
  onReset: (reason: string) => void,
): AsyncGenerator<string> {
  return place.kind === "hub" ? fromHub(place, filter, onReset) : fromData(place.path, filter);
}

async function* fromHub(
  { url: feed, token }: EventPlace & { kind: "hub" },
  filter: StoredFilter,
  onReset: (reason: string) => void,
): AsyncGenerator<string> {
  const url = new URL("/api/events", feed);
  url.protocol = feed.protocol.replace(/^ws/, "http");
  if (filter.newest === undefined) url.searchParams.set("since", `${filter.since}`);
  else url.searchParams.set("limit", `${filter.newest}`);
  const { types = [], sessionId, satelliteId, turnId } = filter;
  if (types.length > 0) url.searchParams.set("types", types.join(","));
  for (const [name, value] of Object.entries({ session: sessionId, satellite: satelliteId, turn: turnId })) {
    if (value !== undefined) url.searchParams.set(name, value);
  }
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const response = await fetch(url, { headers }).catch(() => {
    throw new EventsUnreadable(
      `No hub answers at ${url.origin}. Start it with "hearth serve", give its address with --url, or read its data directory with --data.`,
    );
  });
  if (response.status === 401) {
    throw new EventsUnreadable("The hub wants a token that may read events. Give it with --token.");
  }
  if (!response.ok || !response.body) {
    const answer: unknown = await response.json().catch(() => undefined);
    const said =
      typeof answer === "object" && answer !== null && "error" in answer ? answer.error : response.status;
    throw new EventsUnreadable(`The hub refuses: ${String(said)}`);
  }
  for await (const { text } of textLines(response.body)) {
    const notice = noticeOf(text);
    if (notice === undefined) yield text;
    else if (notice.type === "reset") onReset(notice.reason ?? "unknown");
  }
}

/** What a line is that is no event. */
function noticeOf(text: string): { readonly type: string; readonly reason?: string } | undefined {
  return text.startsWith('{"version"') ? undefined : JSON.parse(text);
}

async function* fromData(path: string, filter: StoredFilter): AsyncGenerator<string> {
  const file = join(path, "events.sqlite");
  if (!existsSync(file)) {
    throw new EventsUnreadable(`There are no events in ${path}. Name another data directory with --data.`);
  }
  const { since, newest, ...query } = filter;
  using reader = new EventReader(file);
  if (newest !== undefined) {
    for (const { text } of reader.read({ ...query, take: "newest", limit: newest })) yield text;
    return;
  }
  for (let next: number | undefined = since; next !== undefined; ) {
    const page = reader.page({ ...query, afterSeq: next }, PAGE_ROWS);
    for (const { text } of page.events) yield text;
    next = page.next;
    await Promise.resolve();
  }
}
