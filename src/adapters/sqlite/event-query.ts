import { isTypePattern, words } from "#events/event-filter.ts";
import { type JournalQuery, READ_LIMIT } from "#ports/journal.ts";

/** A statement and what is bound to it. */
export interface Statement {
  readonly sql: string;
  readonly values: (string | number)[];
}

/** How many events a query may return. */
export function readLimit(query: JournalQuery): number {
  return Math.max(0, Math.min(query.limit ?? READ_LIMIT.standard, READ_LIMIT.max));
}

/** The statement that answers a query; rows come in the order of `take`, not yet turned oldest first. */
export function selectEvents(query: JournalQuery): Statement {
  const conditions: string[] = [];
  const values: (string | number)[] = [];
  const where = (condition: string, value: string | number | undefined) => {
    if (value === undefined) return;
    conditions.push(condition);
    values.push(value);
  };
  where("seq > ?", query.afterSeq);
  where("seq <= ?", query.throughSeq);
  where("time >= ?", query.fromTime);
  where("time <= ?", query.throughTime);
  where("session_id = ?", query.sessionId);
  where("satellite_id = ?", query.satelliteId);
  where("turn_id = ?", query.turnId);

  const types = query.types ?? [];
  if (types.length > 0 && !types.includes("*")) {
    // A type has no character that GLOB understands except the star; anything else is no pattern and no type.
    const patterns = types.filter(isTypePattern);
    conditions.push(patterns.length === 0 ? "0" : `(${patterns.map(() => "type GLOB ?").join(" OR ")})`);
    values.push(...patterns);
  }

  const wanted = words(query.text ?? "");
  if (wanted.length > 0) {
    conditions.push("seq IN (SELECT rowid FROM events_text WHERE events_text MATCH ?)");
    // Letters and digits only, each word quoted: nothing a person types is query syntax.
    values.push(wanted.map((word) => `"${word}"`).join(" AND "));
  }

  const condition = conditions.length > 0 ? ` WHERE ${conditions.join(" AND ")}` : "";
  const order = query.take === "newest" ? "DESC" : "ASC";
  values.push(readLimit(query));
  return { sql: `SELECT seq, body AS text FROM events${condition} ORDER BY seq ${order} LIMIT ?`, values };
}
