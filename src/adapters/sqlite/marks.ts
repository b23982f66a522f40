import type { Database } from "bun:sqlite";

/** Places the database remembers: how far events are gone, and how far the text index has come. */
export type Mark = "lost_through" | "indexed_through";

/** The value of a mark, 0 when it was never set. */
export function readMark(db: Database, name: Mark): number {
  return readNumber(db, "SELECT max(value) AS n FROM marks WHERE name = ?", name);
}

export function writeMark(db: Database, name: Mark, value: number): void {
  db.query("INSERT OR REPLACE INTO marks (name, value) VALUES (?, ?)").run(name, value);
}

/** The column `n` of a statement's first row; 0 when there is none or it is null. */
export function readNumber(db: Database, sql: string, ...values: (string | number)[]): number {
  return db.query<{ n: number | null }, (string | number)[]>(sql).get(...values)?.n ?? 0;
}
