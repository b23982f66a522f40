import { expect, test } from "bun:test";
import type { EventDraft } from "#events/hub-event.ts";
import type { Log, LogFields } from "#ports/log.ts";
import { FakeClock } from "#testing/fake-clock.ts";
import { FakeJournal } from "#testing/fake-journal.ts";
import { createBus } from "./bus.ts";

const forever = new AbortController().signal;

interface Line {
  readonly message: string;
  readonly fields: LogFields;
}

function subscriberOf(fields: LogFields & { readonly subscriber?: string } = {}): string | undefined {
  return fields.subscriber;
}

function setup(onInvalid: "throw" | "report" = "throw") {
  const journal = new FakeJournal();
  const clock = new FakeClock();
  const lines: Line[] = [];
  const write = (message: string, fields: LogFields = {}) => lines.push({ message, fields });
  const log: Log = { debug: write, info: write, warn: write, error: write };
  return { journal, clock, lines, bus: createBus({ journal, clock, log, onInvalid }) };
}

/** A draft no publisher that passes the type checker could write. */
function invalid(): EventDraft {
  return { type: "speech_end", duration_ms: "my secret" } as unknown as EventDraft;
}

test("a published event is stamped with number, time, version and nulls, in the contract's order", () => {
  const { bus, clock } = setup();
  clock.jumpWall(250.5);

  const event = bus.publish({
    type: "stt_result",
    text: "hello",
    confidence: 1,
    duration_ms: 300,
    turn_id: "t1",
  });

  const expected = {
    version: "1.0",
    seq: 1,
    timestamp: Date.UTC(2026, 10, 20, 12) / 1000 + 0.2505,
    type: "stt_result",
    session_id: null,
    text: "hello",
    confidence: 1,
    duration_ms: 300,
    language: null,
    satellite_id: null,
    turn_id: "t1",
  };
  expect(JSON.stringify(event)).toBe(JSON.stringify(expected));
});

test("events of high priority are stored with nobody listening, the others are not, and numbers rise over both", () => {
  const { bus, journal } = setup();

  bus.publish({ type: "speech_start" });
  const stored = bus.publish({ type: "conversation_start", conversation_id: "c" });
  const third = bus.publish({ type: "speech_start" });

  expect(journal.read({})).toEqual([stored]);
  expect([stored.seq, third.seq]).toEqual([2, 3]);
});

test("what a handler publishes reaches every subscriber after the event that caused it", () => {
  const { bus } = setup();
  const early: number[] = [];
  const late: number[] = [];
  bus.onAny({ name: "early", signal: forever }, (event) => {
    early.push(event.seq);
    if (event.type === "speech_start") bus.publish({ type: "speech_end", duration_ms: 1 });
  });
  bus.onAny({ name: "late", signal: forever }, (event) => late.push(event.seq));
  bus.on("speech_end", { name: "chain", signal: forever }, () => bus.publish({ type: "system_info" }));

  bus.publish({ type: "speech_start" });

  expect(early).toEqual([1, 2, 3]);
  expect(late).toEqual([1, 2, 3]);
});

test("a handler that throws is named, keeps its subscription, and delays nobody", async () => {
  const { bus, lines } = setup();
  const heard: string[] = [];
  const rejecting: unknown = () => Promise.reject(new Error("my secret"));
  bus.onAny({ name: "broken", signal: forever }, () => {
    throw new TypeError("my secret");
  });
  bus.onAny({ name: "broken too", signal: forever }, rejecting as () => void);
  bus.onAny({ name: "sound", signal: forever }, (event) => heard.push(event.type));

  bus.publish({ type: "speech_start" });
  bus.publish({ type: "system_info" });
  await Promise.resolve();

  expect(heard).toEqual(["speech_start", "system_info"]);
  expect(bus.stats().faults).toEqual({ broken: { threw: 2, slow: 0 }, "broken too": { threw: 2, slow: 0 } });
  expect(lines.map((line) => subscriberOf(line.fields))).toEqual(["broken", "broken too"]);
  expect(lines[0]?.fields).toMatchObject({ error: "TypeError" });
  expect(JSON.stringify(lines)).not.toContain("secret");
});

test("a subscriber that holds the thread for more than 5 ms is named, once a minute", () => {
  let nowMs = 0;
  const names: unknown[] = [];
  const bus = createBus({
    journal: new FakeJournal(),
    clock: { now: () => nowMs, wallMs: () => nowMs, sleep: () => Promise.resolve() },
    log: { debug() {}, info() {}, error() {}, warn: (_, fields) => names.push(subscriberOf(fields)) },
    onInvalid: "throw",
  });
  bus.onAny({ name: "sluggish", signal: forever }, () => {
    nowMs += 6;
  });
  bus.onAny({ name: "swift", signal: forever }, () => {
    nowMs += 5;
  });

  bus.publish({ type: "system_info" });
  bus.publish({ type: "system_info" });

  expect(bus.stats().faults).toEqual({ sluggish: { threw: 0, slow: 2 } });
  expect(names).toEqual(["sluggish"]);
});

test("a subscription ends with its signal, also in the middle of a delivery", () => {
  const { bus } = setup();
  const controller = new AbortController();
  const heard: string[] = [];
  bus.onAny({ name: "first", signal: forever }, () => controller.abort());
  bus.onAny({ name: "second", signal: controller.signal }, () => heard.push("second"));
  bus.on("system_info", { name: "third", signal: controller.signal }, () => heard.push("third"));

  bus.publish({ type: "speech_start" });
  bus.publish({ type: "system_info" });
  bus.onAny({ name: "too late", signal: controller.signal }, () => heard.push("too late"));
  bus.publish({ type: "system_info" });

  expect(heard).toEqual([]);
});

test("somebody who subscribes from a handler hears the events after that", () => {
  const { bus } = setup();
  const heard: string[] = [];
  bus.on("speech_start", { name: "first", signal: forever }, () => {
    bus.onAny({ name: "second", signal: forever }, (event) => heard.push(event.type));
  });

  bus.publish({ type: "speech_start" });
  bus.publish({ type: "system_info" });

  expect(heard.at(-1)).toBe("system_info");
});

test("an invalid draft throws in tests and uses up no number", () => {
  const { bus, journal } = setup("throw");

  expect(() => bus.publish(invalid())).toThrow("speech_end event: duration_ms: invalid_type");
  expect(() => bus.publish({ type: "no_such" } as unknown as EventDraft)).toThrow("unknown type");
  expect(journal.lastSeq).toBe(0);
});

test("an invalid draft in production is counted and reported without its content, and not sent", () => {
  const { bus, lines } = setup("report");
  const heard: string[] = [];
  bus.onAny({ name: "ears", signal: forever }, (event) => heard.push(event.type));

  const event = bus.publish(invalid());

  expect(heard).toEqual(["system_error"]);
  expect(event).toMatchObject({
    level: "error",
    details: { type: "speech_end", problem: "duration_ms: invalid_type" },
  });
  expect(bus.stats()).toEqual({ published: 1, invalid: 1, faults: {} });
  expect(JSON.stringify([event, lines])).not.toContain("secret");
});

test("what the journal says of its health becomes events", () => {
  const { bus, journal } = setup();
  const heard: unknown[] = [];
  bus.onAny({ name: "ears", signal: forever }, (event) =>
    heard.push(event.type === "system_error" ? event.details : event.type === "system_info" && event.data),
  );

  journal.setHealth({ kind: "refused", detail: "SQLITE_FULL" });
  journal.setHealth({ kind: "recovered", lost: 3 });
  journal.setHealth({ kind: "replaced", movedTo: "/data/events.db.damaged-1" });

  expect(heard).toEqual([
    { component: "journal", code: "SQLITE_FULL" },
    { event: "journal_recovered", lost: 3 },
    { component: "journal", moved_to: "/data/events.db.damaged-1" },
  ]);
});
