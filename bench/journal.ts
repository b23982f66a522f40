import { Database } from "bun:sqlite";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DirectWriter } from "#adapters/sqlite/event-writer.ts";
import { openJournal } from "#adapters/sqlite/journal.ts";
import { systemClock } from "#adapters/system/system-clock.ts";
import { createBus } from "#bus/bus.ts";
import { eventText } from "#events/stamp.ts";
import type { Bench } from "./row.ts";
import { sampleEvent } from "./sample-events.ts";
import { median, ratio } from "./statistics.ts";

const EVENTS = 4000;
/** Where only bytes are counted: as often counted, as many; each commit waits for the disk. */
const COUNTED_EVENTS = 1000;
const log = { debug() {}, info() {}, warn() {}, error() {} };

/** What one durable event costs to publish, and how much of it the disk must write. */
export const bench: Bench = {
  name: "journal",
  async run({ rounds }) {
    const folder = mkdtempSync(join(tmpdir(), "hearth-bench-"));
    try {
      const ours: number[] = [];
      const bare: number[] = [];
      for (let i = 0; i <= rounds; i++) {
        const raw = rawInserts(join(folder, `raw-${i}.sqlite`), 50, EVENTS);
        const hub = await published(join(folder, `hub-${i}.sqlite`), 50, EVENTS);
        if (i === 0) continue; // compiled
        bare.push(raw.microseconds);
        ours.push(hub.microseconds);
      }
      const batches = (await published(join(folder, "batches.sqlite"), 50, EVENTS)).writtenPerByte;
      const turns = (await published(join(folder, "turns.sqlite"), 4, COUNTED_EVENTS)).writtenPerByte;
      const perRow = rawInserts(join(folder, "rows.sqlite"), 1, COUNTED_EVENTS).writtenPerByte;
      return [
        {
          bench: "journal",
          what: "publish a durable event",
          unit: "µs",
          measured: median(ours),
          baseline: median(bare),
          ratio: ratio(ours, bare),
          note: "checked, numbered, stamped, committed 50 at a time; baseline is JSON and INSERT in the same groups",
        },
        {
          bench: "journal",
          what: "bytes written per byte of event, 50 a commit",
          unit: "×",
          measured: batches,
          baseline: perRow,
          ratio: batches / perRow,
          budget: { of: "measured", kind: "at most", limit: 9 },
          note: "log, table, indexes and text index; baseline commits every event by itself, without any index",
        },
        {
          bench: "journal",
          what: "bytes written per byte of event, 4 a commit",
          unit: "×",
          measured: turns,
          note: "as the events of a single turn come",
        },
      ];
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
};

interface Cost {
  readonly microseconds: number;
  /** Bytes handed to the system for each byte of the events' JSON. */
  readonly writtenPerByte: number;
}

async function published(path: string, group: number, events: number): Promise<Cost> {
  const written = bytesWritten();
  const journal = await openJournal({
    path,
    clock: systemClock,
    log,
    retention: { maxAgeMs: Number.POSITIVE_INFINITY, maxBytes: Number.POSITIVE_INFINITY },
  });
  const bus = createBus({ journal, clock: systemClock, log, onInvalid: "throw" });
  let logical = 0;
  const startedAt = performance.now();
  for (let i = 0; i < events; i++) {
    logical += eventText(bus.publish(sampleEvent(i))).length;
    if (i % group === group - 1) await journal.flush();
  }
  await journal.flush();
  const microseconds = ((performance.now() - startedAt) * 1000) / events;
  await journal[Symbol.asyncDispose]();
  await using writer = new DirectWriter(path, () => performance.now());
  while (await writer.index(256)); // the text index, which the journal brings up to date when it has time
  return { microseconds, writtenPerByte: (bytesWritten() - written) / logical };
}

function rawInserts(path: string, group: number, events: number): Cost {
  const written = bytesWritten();
  const db = new Database(path, { create: true, strict: true });
  for (const pragma of ["journal_mode = WAL", "synchronous = FULL", "wal_autocheckpoint = 512"])
    db.run(`PRAGMA ${pragma}`);
  db.run("CREATE TABLE events (seq INTEGER PRIMARY KEY, body TEXT NOT NULL) STRICT");
  const insert = db.query("INSERT INTO events (seq, body) VALUES (?, ?)");
  let logical = 0;
  const startedAt = performance.now();
  for (let at = 0; at < events; at += group) {
    db.transaction(() => {
      for (let i = at; i < Math.min(events, at + group); i++) {
        const text = JSON.stringify({ version: 1, seq: i, timestamp: Date.now() / 1000, ...sampleEvent(i) });
        logical += text.length;
        insert.run(i, text);
      }
    })();
  }
  const microseconds = ((performance.now() - startedAt) * 1000) / events;
  db.close();
  return { microseconds, writtenPerByte: (bytesWritten() - written) / logical };
}

/** Bytes this process has handed to write calls; unlike `write_bytes` the same on every file system. */
function bytesWritten(): number {
  const wchar = /wchar: (\d+)/.exec(readFileSync("/proc/self/io", "utf8"))?.[1];
  if (wchar === undefined) throw new Error("this bench needs /proc");
  return Number(wchar);
}
