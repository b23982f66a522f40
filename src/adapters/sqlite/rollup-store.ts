import { Database } from "bun:sqlite";
import type { Clock } from "#ports/clock.ts";
import type { Log } from "#ports/log.ts";
import type { Rollup, RollupQuery, RollupStore } from "#ports/rollup-store.ts";
import { moveAside } from "./damaged-files.ts";
import { isDamage, sqliteCode } from "./event-schema.ts";

const KEPT_SECONDS = 30 * 86_400;
const READ_MAX = 10_000;

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS rollups (
    minute INTEGER NOT NULL,
    operation TEXT NOT NULL,
    count INTEGER NOT NULL,
    p50_ms REAL NOT NULL,
    p95_ms REAL NOT NULL,
    max_ms REAL NOT NULL,
    PRIMARY KEY (minute, operation)
  ) STRICT, WITHOUT ROWID;
`;

export interface RollupStoreOptions {
  readonly path: string;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * Keep rollups in a database of their own, which may be lost: a damaged one is moved aside, and a disk that refuses
 * loses minutes.
 *
 * It is written once a minute without waiting for the disk, so a power cut loses the last minutes.
 */
export function openRollupStore(options: RollupStoreOptions): RollupStore {
  return new SqliteRollupStore(options);
}

class SqliteRollupStore implements RollupStore {
  readonly #options: RollupStoreOptions;
  #db: Database | undefined;
  #refused = false;

  constructor(options: RollupStoreOptions) {
    this.#options = options;
    this.#attempt(() => undefined, undefined);
  }

  write(rollups: readonly Rollup[]): void {
    if (rollups.length === 0) return;
    this.#attempt((db) => {
      const insert = db.query("INSERT OR REPLACE INTO rollups VALUES (?, ?, ?, ?, ?, ?)");
      db.transaction(() => {
        for (const { minute, operation, count, p50_ms, p95_ms, max_ms } of rollups)
          insert.run(minute, operation, count, p50_ms, p95_ms, max_ms);
        const before = this.#options.clock.wallMs() / 1000 - KEPT_SECONDS;
        db.query("DELETE FROM rollups WHERE minute < ?").run(Math.floor(before));
      })();
    }, undefined);
  }

  read(query: RollupQuery): readonly Rollup[] {
    const { operation = "*", since = 0, limit = READ_MAX } = query;
    const most = Math.max(0, Math.min(READ_MAX, limit));
    return this.#attempt(
      (db) =>
        db
          .query<Rollup, [number, string, number]>(
            "SELECT * FROM rollups WHERE minute >= ? AND operation GLOB ? ORDER BY minute DESC, operation DESC LIMIT ?",
          )
          // Of GLOB's signs only the star is meant.
          .all(since, operation.replaceAll(/[[\]?]/g, ""), most)
          .reverse(),
      [],
    );
  }

  [Symbol.dispose](): void {
    this.#db?.close();
    this.#db = undefined;
  }

  /** Use the database, opening it if need be; answers `otherwise` when that fails. */
  #attempt<T>(work: (db: Database) => T, otherwise: T): T {
    try {
      this.#db ??= open(this.#options.path);
      const result = work(this.#db);
      this.#refused = false;
      return result;
    } catch (cause) {
      this.#failed(cause);
      return otherwise;
    }
  }

  #failed(cause: unknown): void {
    const { path, clock, log } = this.#options;
    const code = sqliteCode(cause);
    if (!this.#refused) log.error("the performance rollups cannot be kept", { code });
    this.#refused = true;
    if (!isDamage(cause)) return;
    this.#db?.close();
    this.#db = undefined;
    try {
      moveAside(path, `${path}.damaged-${Math.round(clock.wallMs())}`);
    } catch {
      // It is tried again with the next minute.
    }
  }
}

function open(path: string): Database {
  const db = new Database(path, { create: true, strict: true });
  try {
    db.run("PRAGMA journal_mode = WAL");
    db.run("PRAGMA synchronous = NORMAL");
    db.run(SCHEMA);
    return db;
  } catch (cause) {
    db.close();
    throw cause;
  }
}
