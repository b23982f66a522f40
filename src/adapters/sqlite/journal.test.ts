import { Database } from "bun:sqlite";
import { expect, test } from "bun:test";
import { existsSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { JournalHealth } from "#ports/journal.ts";
import type { Log } from "#ports/log.ts";
import { FakeClock } from "#testing/fake-clock.ts";
import { journalContract, record, said } from "#testing/journal-contract.ts";
import { openJournal } from "./journal.ts";
import { UNNOTED } from "./seq-counter.ts";

const silent: Log = { debug() {}, info() {}, warn() {}, error() {} };
const forever = new AbortController().signal;
const DAY_MS = 86_400_000;

function fresh(): string {
  return join(mkdtempSync(join(tmpdir(), "hearth-journal-")), "events.db");
}

function open(path: string, clock = new FakeClock(), retention = { maxAgeMs: 30 * DAY_MS, maxBytes: 1e9 }) {
  return openJournal({ path, clock, log: silent, retention });
}

journalContract("sqlite", () => open(fresh()));

test("an event is on disk at most 100 ms after it was appended", async () => {
  const clock = new FakeClock();
  await using journal = await open(fresh(), clock);
  const event = record(journal, said("hello"));

  await clock.advance(100);

  expect(journal.durableSeq).toBe(event.seq);
});

test("256 events are committed at once", async () => {
  const clock = new FakeClock();
  await using journal = await open(fresh(), clock);
  for (let i = 0; i < 255; i++) record(journal, said("hello"));
  await clock.advance(0);
  const before = journal.durableSeq;

  const last = record(journal, said("hello"));
  await clock.advance(0);

  expect({ before, after: journal.durableSeq }).toEqual({ before: 0, after: last.seq });
});

test("a stop in order is followed by the very next number, and everything is still there", async () => {
  const path = fresh();
  const first = await open(path);
  const event = record(first, said("hello"));
  await first[Symbol.asyncDispose]();

  await using second = await open(path);

  expect(second.reserveSeq()).toBe(event.seq + 1);
  expect(second.durableSeq).toBe(event.seq);
  expect(second.read({})).toEqual([event]);
});

test("after a stop that was not in order no number is repeated, reserved or not", async () => {
  const path = fresh();
  const crashed = await open(path);
  for (let i = 0; i < 2500; i++) crashed.reserveSeq();
  const last = crashed.lastSeq;

  await using next = await open(path);

  expect(next.reserveSeq()).toBeGreaterThan(last);
  expect(next.reserveSeq()).toBeLessThan(last + 2 * UNNOTED);
  expect(next.lostThrough()).toBe(0);
});

test("without its number file the journal goes on above what is stored", async () => {
  const path = fresh();
  const first = await open(path);
  const event = record(first, said("hello"));
  await first[Symbol.asyncDispose]();
  writeFileSync(`${path}.seq`, "nonsense");

  await using second = await open(path);

  expect(second.reserveSeq()).toBeGreaterThan(event.seq);
});

test("a damaged database is moved aside, a new one begun, and both are said", async () => {
  const path = fresh();
  const first = await open(path);
  const event = record(first, said("hello"));
  await first[Symbol.asyncDispose]();
  writeFileSync(path, "this was a database once".repeat(1000));

  await using second = await open(path);
  const told: JournalHealth[] = [];
  second.watch(forever, (health) => told.push(health));
  const next = record(second, said("again"));
  await second.flush();

  expect(next.seq).toBe(event.seq + 1);
  expect(second.lostThrough()).toBe(event.seq);
  expect(second.read({})).toEqual([next]);
  expect(told.map((health) => health.kind)).toEqual(["replaced"]);
  expect(told.every((health) => health.kind === "replaced" && existsSync(health.movedTo))).toBe(true);
});

test("while the disk refuses, events stay readable, the refusal is told once, and all are stored later", async () => {
  const path = fresh();
  const clock = new FakeClock();
  await using journal = await open(path, clock);
  const told: JournalHealth[] = [];
  journal.watch(forever, (health) => told.push(health));
  const lock = new Database(path);
  lock.run("BEGIN IMMEDIATE");

  const events = [record(journal, said("one")), record(journal, said("two"))];
  await clock.advance(5000);
  const during = { durable: journal.durableSeq, read: journal.read({}) };
  await expect(journal.flush()).rejects.toThrow("SQLITE_BUSY");
  lock.run("ROLLBACK");
  lock.close();
  await clock.advance(1000);

  expect(during).toEqual({ durable: 0, read: events });
  expect(told).toEqual([
    { kind: "refused", detail: "SQLITE_BUSY" },
    { kind: "recovered", lost: 0 },
  ]);
  expect(journal.durableSeq).toBe(events[1]?.seq ?? 0);
  expect(journal.read({})).toEqual(events);
});

test("what does not fit into memory while the disk refuses is counted and never passed over in silence", async () => {
  const path = fresh();
  const clock = new FakeClock();
  await using journal = await open(path, clock);
  const told: JournalHealth[] = [];
  journal.watch(forever, (health) => told.push(health));
  const lock = new Database(path);
  lock.run("BEGIN IMMEDIATE");

  const events = Array.from({ length: 10_007 }, () => record(journal, said("hello"), clock.wallMs() / 1000));
  await clock.advance(100);
  lock.close();
  await clock.advance(2000);

  expect(told.at(-1)).toEqual({ kind: "recovered", lost: 7 });
  expect(journal.lostThrough()).toBe(events[6]?.seq ?? 0);
  expect(journal.oldestSeq()).toBe(events[7]?.seq ?? 0);
});

test("events past their age are removed, the rest stays, and the loss is known", async () => {
  const clock = new FakeClock();
  const now = clock.wallMs() / 1000;
  await using journal = await open(fresh(), clock, { maxAgeMs: DAY_MS, maxBytes: 1e9 });
  const old = Array.from({ length: 200 }, () => record(journal, said("old news"), now - 90_000));
  const young = record(journal, said("news"), now);
  await clock.advance(120_000);

  expect(journal.read({ limit: 10_000 })).toEqual([young]);
  expect(journal.read({ text: "old" })).toEqual([]);
  expect(journal.lostThrough()).toBe(old.at(-1)?.seq ?? 0);
  expect(journal.oldestSeq()).toBe(young.seq);
});

test("while more is kept than allowed, the oldest events are removed", async () => {
  const clock = new FakeClock();
  await using journal = await open(fresh(), clock, { maxAgeMs: DAY_MS, maxBytes: 400_000 });
  const now = clock.wallMs() / 1000;
  let last = 0;
  for (let i = 0; i < 2000; i++) last = record(journal, said(`number ${i} ${"x".repeat(500)}`), now).seq;
  await clock.advance(200_000);

  const kept = journal.read({ limit: 10_000 });
  expect(kept.length).toBeGreaterThan(200);
  expect(kept.length).toBeLessThan(800);
  expect(kept.at(-1)?.seq).toBe(last);
  expect(journal.lostThrough()).toBe((kept[0]?.seq ?? 0) - 1);
});

test("a database of a newer Hearth is left untouched, and that is told", async () => {
  const path = fresh();
  const first = await open(path);
  const event = record(first, said("hello"));
  await first[Symbol.asyncDispose]();
  const newer = new Database(path);
  newer.run("PRAGMA user_version = 99");

  const told: JournalHealth[] = [];
  await using second = await open(path);
  second.watch(forever, (health) => told.push(health));
  const next = record(second, said("again"));

  expect(told).toEqual([{ kind: "refused", detail: "NewerDatabase" }]);
  expect(next.seq).toBeGreaterThan(event.seq);
  expect(second.read({})).toEqual([next]);
  expect(newer.query("SELECT seq FROM events").values()).toEqual([[event.seq]]);
  newer.close();
});

test("closing commits what waits and leaves no timer behind", async () => {
  const path = fresh();
  const clock = new FakeClock();
  const journal = await open(path, clock);
  const event = record(journal, said("hello"));

  await journal[Symbol.asyncDispose]();
  await clock.settle();

  expect(clock.sleeping).toBe(0);
  await using again = await open(path);
  expect(again.read({})).toEqual([event]);
});
