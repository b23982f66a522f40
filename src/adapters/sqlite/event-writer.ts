import type { Database } from "bun:sqlite";
import { searchableText } from "#events/event-filter.ts";
import type { StoredEvent } from "#ports/journal.ts";
import { DamagedDatabase, openEventDatabase } from "./event-schema.ts";
import { type Mark, readMark, readNumber, writeMark } from "./marks.ts";

/** Rows the text index may lag behind before it is brought up to date. */
const INDEX_LAG_ROWS = 256;

/** An event as it is stored. */
export interface EventRow {
  readonly seq: number;
  /** Epoch seconds. */
  readonly time: number;
  readonly type: string;
  readonly sessionId: string | null;
  readonly satelliteId: string | null;
  readonly turnId: string | null;
  /** The event as JSON. */
  readonly body: string;
}

/** What retention allows. */
export interface Retention {
  /** Events before this epoch second go. */
  readonly beforeTime: number;
  /** While the events occupy more than this, the oldest go. */
  readonly maxBytes: number;
}

/**
 * Whoever changes the stored events: one at a time, in the order asked. Rejects with SQLite's errors; a failed
 * writer can be asked again.
 */
export interface EventWriter extends AsyncDisposable {
  /** Store events, all or none, and resolve when the disk has them. Everything up to `lostThrough` is noted as gone. */
  insert(rows: readonly EventRow[], lostThrough: number): Promise<void>;
  /** Remove some of the oldest events as retention demands; true when more remains to be done. */
  prune(retention: Retention): Promise<boolean>;
  /** Bring up to `rows` rows into the text index, when it lags enough to be worth it; true when it still does. */
  index(rows: number): Promise<boolean>;
  /**
   * Read everything once to find damage; about 1 s per GB.
   *
   * @throws {DamagedDatabase} when there is some.
   */
  verify(): Promise<void>;
}

/** Writes on the thread it is called on: the whole of the writer's thread, and what tests and commands use. */
export class DirectWriter implements EventWriter {
  readonly #path: string;
  readonly #now: () => number;
  #db: Database | undefined;
  /** Rows a step of retention touches; adapted so that a step takes a few milliseconds on any disk. */
  #pruneRows = 32;
  #unindexed = 0;

  /** Names the database; it is opened when first needed. `now` gives monotonic milliseconds. */
  constructor(path: string, now: () => number) {
    this.#path = path;
    this.#now = now;
  }

  insert(rows: readonly EventRow[], lostThrough: number): Promise<void> {
    return this.#do((db) => {
      const insert = db.query(
        "INSERT INTO events (seq, time, type, session_id, satellite_id, turn_id, body) VALUES (?, ?, ?, ?, ?, ?, ?)",
      );
      db.transaction(() => {
        if (lostThrough > readMark(db, "lost_through")) writeMark(db, "lost_through", lostThrough);
        for (const row of rows)
          insert.run(row.seq, row.time, row.type, row.sessionId, row.satelliteId, row.turnId, row.body);
      })();
      this.#unindexed += rows.length;
    });
  }

  prune(retention: Retention): Promise<boolean> {
    return this.#do((db) => {
      const oldest = db
        .query<{ seq: number; time: number; bytes: number }, [number]>(
          "SELECT seq, time, length(body) AS bytes FROM events ORDER BY seq LIMIT ?",
        )
        .all(this.#pruneRows);
      let excess = storedBytes(db) - retention.maxBytes;
      const stays = oldest.findIndex((row) => {
        if (excess <= 0 && row.time >= retention.beforeTime) return true;
        excess -= row.bytes;
        return false;
      });
      const going = stays === -1 ? oldest : oldest.slice(0, stays);
      const last = going.at(-1);
      if (!last) return false;
      const startedAt = this.#now();
      upkeep(db, () => {
        db.query("DELETE FROM events_text WHERE rowid <= ?").run(last.seq);
        db.query("DELETE FROM events WHERE seq <= ?").run(last.seq);
        raiseMark(db, "lost_through", last.seq);
        raiseMark(db, "indexed_through", last.seq);
      });
      const tookMs = this.#now() - startedAt;
      if (tookMs > 4) this.#pruneRows = Math.max(1, this.#pruneRows >> 1);
      else if (tookMs < 1.5) this.#pruneRows = Math.min(512, this.#pruneRows << 1);
      return going.length === oldest.length;
    });
  }

  index(rows: number): Promise<boolean> {
    return this.#do((db) => {
      if (this.#unindexed < INDEX_LAG_ROWS) return false;
      const waiting = db
        .query<StoredEvent, [number, number]>(
          "SELECT seq, body AS text FROM events WHERE seq > ? ORDER BY seq LIMIT ?",
        )
        .all(readMark(db, "indexed_through"), rows);
      const last = waiting.at(-1);
      if (!last) {
        this.#unindexed = 0;
        return false;
      }
      const insert = db.query("INSERT INTO events_text (rowid, words) VALUES (?, ?)");
      upkeep(db, () => {
        for (const { seq, text } of waiting) insert.run(seq, searchableText(JSON.parse(text)));
        writeMark(db, "indexed_through", last.seq);
      });
      this.#unindexed = Math.max(0, this.#unindexed - waiting.length);
      return this.#unindexed >= INDEX_LAG_ROWS;
    });
  }

  verify(): Promise<void> {
    return this.#do((db) => {
      const answer = db.query<{ quick_check: string }, []>("PRAGMA quick_check(1)").get();
      if (answer?.quick_check !== "ok") throw new DamagedDatabase("the event database fails its check");
    });
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#db?.close();
    this.#db = undefined;
    return Promise.resolve();
  }

  /** Open the database if need be and do something with it; everything thrown becomes a rejection. */
  #do<T>(work: (db: Database) => T): Promise<T> {
    return new Promise((resolve) => {
      if (!this.#db) {
        this.#db = openEventDatabase(this.#path);
        this.#unindexed = readNumber(
          this.#db,
          "SELECT count(*) AS n FROM events WHERE seq > ?",
          readMark(this.#db, "indexed_through"),
        );
      }
      resolve(work(this.#db));
    });
  }
}

/** Bytes the stored events occupy, pages free for reuse not counted. */
function storedBytes(db: Database): number {
  const pages = readNumber(
    db,
    "SELECT page_count - freelist_count AS n FROM pragma_page_count, pragma_freelist_count",
  );
  return pages * readNumber(db, "SELECT page_size AS n FROM pragma_page_size");
}

/**
 * A transaction that need not be durable by itself, because losing it merely means doing it again: it saves the
 * wait for the disk. The log stays in order, so the next commit of events makes it durable too.
 */
function upkeep(db: Database, work: () => void): void {
  db.run("PRAGMA synchronous = NORMAL");
  try {
    db.transaction(work)();
  } finally {
    db.run("PRAGMA synchronous = FULL");
  }
}

function raiseMark(db: Database, name: Mark, value: number): void {
  if (readMark(db, name) < value) writeMark(db, name, value);
}
