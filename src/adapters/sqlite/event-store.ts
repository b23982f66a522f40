import type { Database } from "bun:sqlite";
import { searchableText, words } from "#events/event-filter.ts";
import type { HubEvent } from "#events/hub-event.ts";
import { eventText } from "#events/stamp.ts";
import type { JournalQuery, StoredEvent } from "#ports/journal.ts";
import { selectEvents } from "./event-query.ts";
import { openEventDatabase } from "./event-schema.ts";

/** Rows the text index may lag behind before it is brought up to date in the background. */
export const INDEX_LAG_ROWS = 256;

type Mark = "lost_through" | "indexed_through";

/**
 * The events in SQLite. Everything here is synchronous and throws SQLite's errors; when to do what, and what to do
 * when the disk refuses, is the journal's business.
 */
export class EventStore implements Disposable {
  readonly #db: Database;
  /** Rows a step of upkeep touches; adapted so that a step takes a few milliseconds on any disk. */
  #pruneRows = 32;
  #unindexed: number;

  /** See `openEventDatabase` for what `verify` costs and what is thrown. */
  constructor(path: string, verify: boolean) {
    this.#db = openEventDatabase(path, verify);
    this.#unindexed = this.#number(
      "SELECT count(*) AS n FROM events WHERE seq > ?",
      this.#mark("indexed_through"),
    );
  }

  /** Highest stored seq, 0 when nothing is stored. */
  get newest(): number {
    return this.#number("SELECT max(seq) AS n FROM events");
  }

  /** Lowest stored seq, 0 when nothing is stored. */
  get oldest(): number {
    return this.#number("SELECT min(seq) AS n FROM events");
  }

  /** Highest seq that was stored once and is gone. */
  get lostThrough(): number {
    return this.#mark("lost_through");
  }

  /** Remember that everything up to `seq` is gone. */
  loseThrough(seq: number): void {
    this.#setMark("lost_through", seq);
  }

  /** Bytes the stored events occupy, pages free for reuse not counted. */
  get bytes(): number {
    const pages = this.#number(
      "SELECT page_count - freelist_count AS n FROM pragma_page_count, pragma_freelist_count",
    );
    return pages * this.#number("SELECT page_size AS n FROM pragma_page_size");
  }

  /** Store events, all or none, and wait until the disk has them. */
  insert(events: readonly HubEvent[]): void {
    const insert = this.#db.query(
      "INSERT INTO events (seq, time, type, session_id, satellite_id, turn_id, body) VALUES (?, ?, ?, ?, ?, ?, ?)",
    );
    this.#db.transaction(() => {
      for (const e of events)
        insert.run(e.seq, e.timestamp, e.type, e.session_id, e.satellite_id, e.turn_id, eventText(e));
    })();
    this.#unindexed += events.length;
  }

  read(query: JournalQuery): StoredEvent[] {
    if (words(query.text ?? "").length > 0) while (this.index(1024) > 0);
    const { sql, values } = selectEvents(query);
    const rows = this.#db.query<StoredEvent, (string | number)[]>(sql).all(...values);
    return query.take === "newest" ? rows.reverse() : rows;
  }

  /** Whether the text index lags enough for background work to be worth it. */
  get indexLags(): boolean {
    return this.#unindexed >= INDEX_LAG_ROWS;
  }

  /** Bring up to `rows` rows into the text index; returns how many there were. */
  index(rows: number): number {
    const waiting = this.#db
      .query<StoredEvent, [number, number]>(
        "SELECT seq, body AS text FROM events WHERE seq > ? ORDER BY seq LIMIT ?",
      )
      .all(this.#mark("indexed_through"), rows);
    const last = waiting.at(-1);
    if (!last) {
      this.#unindexed = 0;
      return 0;
    }
    const insert = this.#db.query("INSERT INTO events_text (rowid, words) VALUES (?, ?)");
    this.#upkeep(() => {
      for (const { seq, text } of waiting) insert.run(seq, searchableText(JSON.parse(text)));
      this.#setMark("indexed_through", last.seq);
    });
    this.#unindexed = Math.max(0, this.#unindexed - waiting.length);
    return waiting.length;
  }

  /**
   * Remove some of the oldest events: those before `beforeTime` (epoch seconds), or any while more than `maxBytes`
   * are kept. Returns whether more remains to be done; call again later.
   */
  pruneStep(limits: { readonly beforeTime: number; readonly maxBytes: number }, now: () => number): boolean {
    const oldest = this.#db
      .query<{ seq: number; time: number; bytes: number }, [number]>(
        "SELECT seq, time, length(body) AS bytes FROM events ORDER BY seq LIMIT ?",
      )
      .all(this.#pruneRows);
    let excess = this.bytes - limits.maxBytes;
    const stays = oldest.findIndex((row) => {
      if (excess <= 0 && row.time >= limits.beforeTime) return true;
      excess -= row.bytes;
      return false;
    });
    const going = stays === -1 ? oldest : oldest.slice(0, stays);
    const last = going.at(-1);
    if (!last) return false;

    const startedAt = now();
    this.#upkeep(() => {
      this.#db.query("DELETE FROM events_text WHERE rowid <= ?").run(last.seq);
      this.#db.query("DELETE FROM events WHERE seq <= ?").run(last.seq);
      this.loseThrough(last.seq);
      if (this.#mark("indexed_through") < last.seq) this.#setMark("indexed_through", last.seq);
    });
    const tookMs = now() - startedAt;
    if (tookMs > 4) this.#pruneRows = Math.max(1, this.#pruneRows >> 1);
    else if (tookMs < 1.5) this.#pruneRows = Math.min(512, this.#pruneRows << 1);
    return going.length === oldest.length;
  }

  [Symbol.dispose](): void {
    this.#db.close();
  }

  /**
   * A transaction that need not be durable by itself, because losing it merely means doing it again: it saves the
   * wait for the disk. The log stays in order, so the next commit of events makes it durable too.
   */
  #upkeep(work: () => void): void {
    this.#db.run("PRAGMA synchronous = NORMAL");
    try {
      this.#db.transaction(work)();
    } finally {
      this.#db.run("PRAGMA synchronous = FULL");
    }
  }

  #mark(name: Mark): number {
    return this.#number("SELECT max(value) AS n FROM marks WHERE name = ?", name);
  }

  #setMark(name: Mark, value: number): void {
    this.#db.query("INSERT OR REPLACE INTO marks (name, value) VALUES (?, ?)").run(name, value);
  }

  #number(sql: string, ...values: (string | number)[]): number {
    return this.#db.query<{ n: number | null }, (string | number)[]>(sql).get(...values)?.n ?? 0;
  }
}
