import type { Database } from "bun:sqlite";
import { eventMatcher, words } from "#events/event-filter.ts";
import type { HubEvent } from "#events/hub-event.ts";
import type { JournalPage, JournalQuery, StoredEvent } from "#ports/journal.ts";
import { readLimit, selectEvents } from "./event-query.ts";
import { openEventDatabase } from "./event-schema.ts";
import { type Mark, readMark, readNumber } from "./marks.ts";

/**
 * What is stored, for the hub's thread: it reads while another thread writes, and neither waits for the other.
 *
 * Everything here is synchronous and throws SQLite's errors; what to do then is the journal's business.
 */
export class EventReader implements Disposable {
  readonly #db: Database;

  /** See `openEventDatabase` for what is thrown. */
  constructor(path: string) {
    this.#db = openEventDatabase(path);
    this.#db.run("PRAGMA query_only = 1");
  }

  /** Highest stored seq, 0 when nothing is stored. */
  get newest(): number {
    return readNumber(this.#db, "SELECT max(seq) AS n FROM events");
  }

  /** Lowest stored seq, 0 when nothing is stored. */
  get oldest(): number {
    return readNumber(this.#db, "SELECT min(seq) AS n FROM events");
  }

  /** Highest seq that was stored once and is gone. */
  get lostThrough(): number {
    return this.#mark("lost_through");
  }

  /** Stored events, oldest first. */
  read(query: JournalQuery): StoredEvent[] {
    if (words(query.text ?? "").length === 0) return this.#select(query);
    // The text index lags behind the table: what it does not have yet is looked at word by word.
    const { afterSeq = 0, throughSeq = Number.MAX_SAFE_INTEGER } = query;
    const indexed = this.#mark("indexed_through");
    const old = { ...query, throughSeq: Math.min(throughSeq, indexed) };
    const fresh = { ...query, afterSeq: Math.max(afterSeq, indexed) };
    const limit = readLimit(query);
    if (query.take === "newest") {
      const newest = this.#search(fresh, limit);
      return [...this.#select({ ...old, limit: limit - newest.length }), ...newest];
    }
    const oldest = this.#select(old);
    return [...oldest, ...this.#search(fresh, limit - oldest.length)];
  }

  /** As `read`, looking at no more than `rows` stored events, however few of them are wanted. */
  page(query: JournalQuery, rows: number): JournalPage {
    const { afterSeq = 0, throughSeq = Number.MAX_SAFE_INTEGER } = query;
    const newest = query.take === "newest";
    const edge = this.#db
      .query<{ seq: number }, [number, number, number]>(
        `SELECT seq FROM events WHERE seq > ? AND seq <= ? ORDER BY seq ${newest ? "DESC" : "ASC"} LIMIT 1 OFFSET ?`,
      )
      .get(afterSeq, throughSeq, rows - 1)?.seq;
    const range = edge === undefined ? {} : newest ? { afterSeq: edge - 1 } : { throughSeq: edge };
    const events = this.read({ ...query, ...range });
    const last = newest ? events[0] : events.at(-1);
    // Whoever got as many as asked for goes on from the last of them: there may be more before the edge.
    if (last && events.length >= readLimit(query)) return { events, next: newest ? last.seq - 1 : last.seq };
    return { events, next: edge === undefined ? undefined : newest ? edge - 1 : edge };
  }

  [Symbol.dispose](): void {
    this.#db.close();
  }

  #select(query: JournalQuery): StoredEvent[] {
    const { sql, values } = selectEvents(query);
    const rows = this.#db.query<StoredEvent, (string | number)[]>(sql).all(...values);
    return query.take === "newest" ? rows.reverse() : rows;
  }

  /** Look for words without the index. */
  #search(query: JournalQuery, limit: number): StoredEvent[] {
    const { text = "", ...rest } = query;
    const matches = eventMatcher({ text });
    const { sql, values } = selectEvents({ ...rest, limit: Number.POSITIVE_INFINITY });
    const found: StoredEvent[] = [];
    for (const row of this.#db.query<StoredEvent, (string | number)[]>(sql).iterate(...values)) {
      if (found.length >= limit) break;
      if (matches(JSON.parse(row.text) as HubEvent)) found.push(row);
    }
    return query.take === "newest" ? found.reverse() : found;
  }

  #mark(name: Mark): number {
    return readMark(this.#db, name);
  }
}
