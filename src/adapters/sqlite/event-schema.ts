import { Database } from "bun:sqlite";

/**
 * What each version of the event database added. A new version appends one entry and never edits an old one.
 *
 * The text index is contentless: the words are in `body` already. It lags behind the table and is brought up to
 * date in batches, because committed event by event it would write several times what the events themselves do.
 */
const MIGRATIONS = [
  `
  CREATE TABLE events (
    seq INTEGER PRIMARY KEY,
    time REAL NOT NULL,
    type TEXT NOT NULL,
    session_id TEXT,
    satellite_id TEXT,
    turn_id TEXT,
    body TEXT NOT NULL
  ) STRICT;
  CREATE INDEX events_time ON events (time);
  CREATE INDEX events_session ON events (session_id) WHERE session_id IS NOT NULL;
  CREATE INDEX events_turn ON events (turn_id) WHERE turn_id IS NOT NULL;
  CREATE VIRTUAL TABLE events_text USING fts5 (
    words, content='', contentless_delete=1, detail=none, tokenize="unicode61 remove_diacritics 2"
  );
  CREATE TABLE marks (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  `,
];

/** Marks the file as Hearth's events: "HEv1". */
const APPLICATION_ID = 0x48457631;

/** The stored events cannot be trusted: the file is damaged or is something else. */
export class DamagedDatabase extends Error {
  override readonly name = "DamagedDatabase";
}

/** A newer Hearth wrote the stored events; this one leaves them untouched and keeps its own in memory. */
class NewerDatabase extends Error {
  override readonly name = "NewerDatabase";
}

/**
 * Open the event database, making or upgrading it as needed.
 *
 * @throws {DamagedDatabase} when the file is damaged or no event database.
 * @throws {NewerDatabase} when a newer Hearth wrote it.
 * @throws {Error} SQLite's or the system's, when the disk refuses.
 */
export function openEventDatabase(path: string): Database {
  let db: Database | undefined;
  try {
    db = new Database(path, { create: true, strict: true });
    db.run("PRAGMA journal_mode = WAL");
    db.run("PRAGMA synchronous = FULL");
    db.run("PRAGMA busy_timeout = 0");
    // A checkpoint copies the log into the table: 512 pages (2 MB) keep the stall it makes short.
    db.run("PRAGMA wal_autocheckpoint = 512");
    // The log is cut back to this after a burst.
    db.run("PRAGMA journal_size_limit = 4194304");
    migrate(db);
    return db;
  } catch (cause) {
    db?.close();
    if (isDamage(cause)) throw new DamagedDatabase("the event database is damaged", { cause });
    throw cause;
  }
}

/** Whether an error says that stored data cannot be trusted, as opposed to a disk that refuses. */
export function isDamage(error: unknown): boolean {
  if (error instanceof DamagedDatabase) return true;
  const code = sqliteCode(error);
  return code.startsWith("SQLITE_CORRUPT") || code === "SQLITE_NOTADB";
}

/** SQLite's or the system's name for what went wrong, without any data. */
export function sqliteCode(error: unknown): string {
  if (error instanceof Error && "code" in error && typeof error.code === "string") return error.code;
  return error instanceof Error ? error.name : "unknown";
}

function migrate(db: Database): void {
  const row = db.query<{ user_version: number }, []>("PRAGMA user_version").get();
  const version = row?.user_version ?? 0;
  if (version > MIGRATIONS.length) throw new NewerDatabase("a newer Hearth wrote the event database");
  if (version === MIGRATIONS.length) return;
  const tables = db.query<{ n: number }, []>("SELECT count(*) AS n FROM sqlite_schema").get()?.n ?? 0;
  if (version === 0 && tables > 0) throw new DamagedDatabase("the file is no event database");
  db.transaction(() => {
    for (const statements of MIGRATIONS.slice(version)) db.run(statements);
    db.run(`PRAGMA application_id = ${APPLICATION_ID}`);
    db.run(`PRAGMA user_version = ${MIGRATIONS.length}`);
  })();
}
