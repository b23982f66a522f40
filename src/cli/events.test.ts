import { expect, test } from "bun:test";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openJournal } from "#adapters/sqlite/journal.ts";
import { systemClock } from "#adapters/system/system-clock.ts";
import { createBus } from "#bus/bus.ts";
import type { EventDraft } from "#events/hub-event.ts";
import { eventText } from "#events/stamp.ts";
import { FakeJournal } from "#testing/fake-journal.ts";
import { silentLog } from "#testing/silent-log.ts";
import { createFeed } from "#transports/feed.ts";
import { PolicyMeter } from "#transports/socket-policy.ts";
import { startServer } from "#web/server.ts";

const MAIN = join(import.meta.dir, "..", "main.ts");
const TURN = { session_id: "s1", satellite_id: "kitchen", turn_id: "t1" } as const;
const SEGMENTS = [
  { name: "speak", ms: 900 },
  { name: "endpoint", ms: 700 },
  { name: "think", ms: 25 },
  { name: "reply", ms: 1375 },
];
const STORY: readonly EventDraft[] = [
  { type: "conversation_start", conversation_id: "c" },
  { type: "wake_detected", ...TURN, phrase: "hey tars", score: 0.9, source: "hub" },
  { type: "speech_start", ...TURN },
  { type: "stt_result", ...TURN, text: "what time is it", confidence: 0.9, duration_ms: 900 },
  { type: "decision", ...TURN, by: "intent", intent: "time", reason: "time" },
  { type: "turn_end", ...TURN, reason: "answered", trace: { total_ms: 3000, segments: SEGMENTS } },
  { type: "turn_end", ...TURN, turn_id: "t0", reason: "no-speech", trace: { total_ms: 5000, segments: [] } },
];

function folder(): string {
  return mkdtempSync(join(tmpdir(), "hearth-events-"));
}

async function hearth(args: readonly string[], input = "") {
  const child = Bun.spawn([process.execPath, MAIN, ...args], {
    stdin: new Blob([input]),
    stdout: "pipe",
    stderr: "pipe",
    env: { NO_COLOR: "1", TZ: "UTC" },
  });
  const [out, err, code] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
  return { out, err, code };
}

/** A data directory in which the story was stored; returns what is stored of it. */
async function dataDirWithStory(): Promise<{ readonly path: string; readonly lines: readonly string[] }> {
  const path = folder();
  await using journal = await openJournal({
    path: join(path, "events.sqlite"),
    clock: systemClock,
    log: silentLog,
    retention: { maxAgeMs: 1e12, maxBytes: 1e12 },
  });
  const bus = createBus({ journal, clock: systemClock, log: silentLog, onInvalid: "throw" });
  const events = STORY.map((draft) => bus.publish(draft));
  return { path, lines: events.filter(({ type }) => type !== "speech_start").map(eventText) };
}

/** A hub's HTTP side in which the story happened. */
function serveStory() {
  const journal = new FakeJournal();
  const bus = createBus({ journal, clock: systemClock, log: silentLog, onInvalid: "throw" });
  const stop = new AbortController();
  const access = { mode: "token", tokens: [{ id: "a", token: "secret" }] } as const;
  const feed = createFeed({ bus, journal, clock: systemClock, log: silentLog, access, signal: stop.signal });
  const server = startServer({
    host: "127.0.0.1",
    port: 0,
    endpoints: [feed.endpoint],
    fetch: (request) => feed.response(request),
    newMeter: (policy) => new PolicyMeter(policy, systemClock),
    clock: systemClock,
    log: silentLog,
    allowedHosts: [],
    allowedOrigins: [],
  });
  const events = STORY.map((draft) => bus.publish(draft));
  const lines = events.filter(({ type }) => type !== "speech_start").map(eventText);
  return { url: server.url, lines, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
}

test("what is exported and imported into a fresh hub is the same to the last character, and counting goes on", async () => {
  const { path, lines } = await dataDirWithStory();
  const fresh = folder();

  const exported = await hearth(["events", "export", "--data", path]);
  const imported = await hearth(["events", "import", "--data", fresh], exported.out);
  const again = await hearth(["events", "export", "--data", fresh]);

  expect(exported.out.trimEnd().split("\n")).toEqual([...lines]);
  expect(imported).toMatchObject({ code: 0, err: "6 events imported, 0 lines refused.\n" });
  expect(again.out).toBe(exported.out);
  await using journal = await openJournal({
    path: join(fresh, "events.sqlite"),
    clock: systemClock,
    log: silentLog,
    retention: { maxAgeMs: 1e15, maxBytes: 1e12 },
  });
  expect(journal.reserveSeq()).toBe(8);
});

test("export narrows by type and number, from a running hub as from a data directory", async () => {
  await using hub = serveStory();
  const { path, lines } = await dataDirWithStory();

  const filter = ["--type", "*_end,decision", "--since", "5"];
  const fromHub = await hearth(["events", "export", ...filter, "--url", hub.url, "--token", "secret"]);
  const fromData = await hearth(["events", "export", ...filter, "--data", path]);

  expect(fromHub.out.trimEnd().split("\n")).toEqual(hub.lines.slice(-2));
  expect(fromData.out.trimEnd().split("\n")).toEqual(lines.slice(-2));
});

test("import refuses what is no stored event and what comes again, by line, and keeps the rest", async () => {
  const { lines } = await dataDirWithStory();
  const live = JSON.stringify({
    version: "1.0",
    seq: 90,
    timestamp: 1,
    type: "speech_start",
    session_id: null,
  });
  const text = ["{nonsense", lines[0], "", lines[0], lines[1], live, '{"version":"1.0","seq":0}', "[]"].join(
    "\n",
  );
  const data = folder();
  const file = join(data, "events.ndjson");
  writeFileSync(file, text);

  const checked = await hearth(["events", "import", file, "--data", data, "--check"]);
  const imported = await hearth(["events", "import", file, "--data", data]);
  const again = await hearth(["events", "import", file, "--data", data]);

  const refused = [
    "line 1: it is not JSON",
    "line 4: its number 1 is not above 1, which is there already",
    "line 6: speech_start is live only",
    "line 7: its seq is not a positive whole number",
    "line 8: it is not an event",
  ];
  expect(checked.err.split("\n")).toEqual([...refused, "2 events would be imported, 5 lines refused.", ""]);
  expect(imported.err.split("\n")).toEqual([...refused, "2 events imported, 5 lines refused.", ""]);
  expect([checked.code, imported.code]).toEqual([1, 1]);
  expect(again.err).toContain("0 events imported, 7 lines refused.");
});

test("replay tells a turn's story, and its segments sum to what was measured", async () => {
  await using hub = serveStory();
  const { path } = await dataDirWithStory();

  const fromHub = await hearth(["replay", "t1", "--url", hub.url, "--token", "secret"]);
  const fromData = await hearth(["replay", "t1", "--data", path]);

  const untimed = fromData.out.replaceAll(/^\d\d:\d\d:\d\d /gm, "");
  expect(fromHub.out.replaceAll(/^\d\d:\d\d:\d\d /gm, "")).toBe(untimed);
  expect(untimed.split("\n").slice(0, 5)).toEqual([
    "Turn t1",
    "kitchen    woken by “hey tars” (0.90)",
    "kitchen    heard “what time is it” (0.90)",
    "kitchen    understood: time",
    "kitchen    turn answered after 3.0 s (reply 1.4 s, speak 900 ms, endpoint 700 ms)",
  ]);
  const bars = [...untimed.matchAll(/^(\w+) +(\d+) ms/gm)].map(([, name, ms]) => [name, Number(ms)]);
  expect(bars).toEqual([...SEGMENTS.map(({ name, ms }) => [name, ms]), ["total", 3000]]);
  expect(SEGMENTS.reduce((sum, { ms }) => sum + ms, 0)).toBe(3000);
});

test("the last turn need not be named, and an unknown one is said to be", async () => {
  const { path } = await dataDirWithStory();

  const last = await hearth(["replay", "last", "--data", path]);
  const lastThere = await hearth(["replay", "last", "--satellite", "attic", "--data", path]);
  const unknown = await hearth(["replay", "nonsense", "--data", path]);
  const json = await hearth(["replay", "t1", "--data", path, "--json"]);

  expect(last.out.split("\n")[0]).toBe("Turn t0");
  expect(lastThere).toMatchObject({ code: 1, err: expect.stringContaining("No turn is stored yet") });
  expect(unknown).toMatchObject({ code: 1, err: expect.stringContaining('"nonsense"') });
  expect(
    json.out
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line).type),
  ).toEqual(["wake_detected", "stt_result", "decision", "turn_end"]);
});

test("wrong arguments, a hub that is not there and one that wants a token are explained", async () => {
  await using hub = serveStory();

  const [nothing, nowhere, closed, empty] = await Promise.all([
    hearth(["events"]),
    hearth(["events", "export", "--url", "http://127.0.0.1:1"]),
    hearth(["replay", "last", "--url", hub.url]),
    hearth(["events", "export", "--data", folder()]),
  ]);

  expect(nothing).toMatchObject({ code: 2, err: expect.stringContaining("hearth events export") });
  expect(nowhere).toMatchObject({ code: 1, err: expect.stringContaining("No hub answers") });
  expect(closed).toMatchObject({ code: 1, err: expect.stringContaining("--token") });
  expect(empty).toMatchObject({ code: 1, err: expect.stringContaining("There are no events") });
});
