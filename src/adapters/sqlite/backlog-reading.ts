import type { JournalPage, JournalQuery, StoredEvent } from "#ports/journal.ts";
import type { Backlog } from "./backlog.ts";
import { readLimit } from "./event-query.ts";

/**
 * Read what is stored and what waits as if it were one.
 *
 * A commit under way may be stored already while its events still wait: `read` is asked only for what is older than
 * everything that waits.
 */
export function readWithBacklog(
  backlog: Backlog,
  query: JournalQuery,
  read: (query: JournalQuery) => StoredEvent[],
): StoredEvent[] {
  if (backlog.size === 0) return read(query);
  const limit = readLimit(query);
  const waiting = backlog.matching(query);
  if (query.take !== "newest") return [...read(stored(backlog, query)), ...waiting].slice(0, limit);
  const newest = waiting.slice(Math.max(0, waiting.length - limit));
  return [...read({ ...stored(backlog, query), limit: limit - newest.length }), ...newest];
}

/** As `readWithBacklog`, a page at a time. */
export function pageWithBacklog(
  backlog: Backlog,
  query: JournalQuery,
  page: (query: JournalQuery) => JournalPage,
): JournalPage {
  if (backlog.size === 0) return page(query);
  const limit = readLimit(query);
  if (query.take === "newest") {
    const waiting = backlog.matching(query);
    const newest = waiting.slice(Math.max(0, waiting.length - limit));
    const first = newest[0];
    if (first && newest.length >= limit) return { events: newest, next: first.seq - 1 };
    const { events, next } = page({ ...stored(backlog, query), limit: limit - newest.length });
    return { events: [...events, ...newest], next };
  }
  const { events, next } = page(stored(backlog, query));
  if (next !== undefined) return { events, next };
  const all = [...events, ...backlog.matching(query)].slice(0, limit);
  return { events: all, next: all.length >= limit ? all.at(-1)?.seq : undefined };
}

function stored(backlog: Backlog, query: JournalQuery): JournalQuery {
  const { throughSeq = Number.MAX_SAFE_INTEGER } = query;
  return { ...query, throughSeq: Math.min(throughSeq, backlog.oldestSeq - 1) };
}
