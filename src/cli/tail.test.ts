import { expect, test } from "bun:test";
import { join } from "node:path";
import { systemClock } from "#adapters/system/system-clock.ts";
import { createBus, type HubBus } from "#bus/bus.ts";
import { FakeJournal } from "#testing/fake-journal.ts";
import { createFeed } from "#transports/feed.ts";
import { PolicyMeter } from "#transports/socket-policy.ts";
import { startServer } from "#web/server.ts";

const log = { debug() {}, info() {}, warn() {}, error() {} };
const clock = systemClock;
const { PATH = "" } = process.env;

function newBus(journal: FakeJournal): HubBus {
  return createBus({ journal, clock, log, onInvalid: "throw" });
}

/** A server with nothing but the feed. */
function serve(bus: HubBus, journal: FakeJournal, options: { port?: number; token?: string } = {}) {
  const { port = 0, token } = options;
  const access = {
    mode: token === undefined ? "open" : "token",
    tokens: token === undefined ? [] : [{ id: "cli", token }],
  } as const;
  const feed = createFeed({ bus, journal, clock, log, access, signal: new AbortController().signal });
  return startServer({
    host: "127.0.0.1",
    port,
    endpoints: [feed.endpoint],
    fetch: () => new Response("none", { status: 404 }),
    newMeter: (policy) => new PolicyMeter(policy, clock),
    clock,
    log,
    allowedHosts: [],
    allowedOrigins: [],
  });
}

/** Run `hearth tail` as its own process. */
function tail(...args: string[]) {
  const script =
    'const { command } = await import("#cli/tail.ts"); process.exit(await command.run(process.argv.slice(1)));';
  const child = Bun.spawn([process.execPath, "-e", script, "--", ...args], {
    cwd: join(import.meta.dir, "..", ".."),
    stdout: "pipe",
    stderr: "pipe",
    env: { PATH },
  });
  const reader = child.stdout.getReader();
  const errors = new Response(child.stderr).text();
  let text = "";
  return {
    errors,
    /** Resolves with all lines so far when there are `count` of them. */
    async lines(count: number): Promise<string[]> {
      const decoder = new TextDecoder();
      while (text.split("\n").length <= count) {
        const { done, value } = await reader.read();
        if (done) break;
        text += decoder.decode(value, { stream: true });
      }
      return text.trimEnd().split("\n");
    },
    interrupt: () => child.kill("SIGINT"),
    exited: child.exited,
  };
}

test("tail tells what happened before and what happens now, filtered, without colours in a pipe", async () => {
  const journal = new FakeJournal();
  const bus = newBus(journal);
  await using server = serve(bus, journal);
  const kitchen = { satellite_id: "kitchen", session_id: "s" };
  bus.publish({
    type: "stt_result",
    text: "what time is it",
    confidence: 0.94,
    duration_ms: 900,
    ...kitchen,
  });
  bus.publish({
    type: "stt_result",
    text: "elsewhere",
    confidence: 1,
    duration_ms: 9,
    satellite_id: "attic",
  });
  bus.publish({ type: "stt_result", text: "good night", confidence: 0.9, duration_ms: 900, ...kitchen });

  const run = tail("--url", `${server.url}/events`, "--satellite", "kitchen", "--grep", "TIME|noon");
  await run.lines(1);
  bus.publish({ type: "speech_start", ...kitchen });
  bus.publish({ type: "tts_start", text: "It is noon.", voice_id: "v", engine: "e", ...kitchen });
  const lines = await run.lines(2);
  run.interrupt();

  expect(lines.map((line) => line.replace(/^\d\d:\d\d:\d\d /, ""))).toEqual([
    "kitchen    heard “what time is it” (0.94)",
    "kitchen    says “It is noon.”",
  ]);
  expect(await run.exited).toBe(0);
});

test("tail shows only messages grave enough when asked to", async () => {
  const journal = new FakeJournal();
  const bus = newBus(journal);
  await using server = serve(bus, journal);
  bus.publish({ type: "notification", level: "info", text: "All is well." });
  bus.publish({ type: "conversation_start", conversation_id: "c" });
  bus.publish({ type: "system_error", level: "critical", message: "The roof is on fire." });
  bus.publish({ type: "notification", level: "warning", text: "The lamp is low." });

  const run = tail("--url", `${server.url}/events`, "--level", "warning");
  const lines = await run.lines(2);
  run.interrupt();

  expect(lines.map((line) => line.slice(20))).toEqual(["critical: The roof is on fire.", "The lamp is low."]);
  expect(await run.exited).toBe(0);
});

test("tail goes on where it stopped when the hub comes back", async () => {
  const journal = new FakeJournal();
  const bus = newBus(journal);
  const first = serve(bus, journal);
  const { port } = first;
  const events = [bus.publish({ type: "conversation_start", conversation_id: "before" })];
  const run = tail("--url", `${first.url}/events`, "--json");
  await run.lines(1);

  await first[Symbol.asyncDispose]();
  events.push(bus.publish({ type: "conversation_start", conversation_id: "meanwhile" }));
  await using _second = serve(bus, journal, { port });
  const lines = await run.lines(2);
  run.interrupt();

  expect(lines.map((line) => JSON.parse(line))).toEqual(events);
  expect(await run.exited).toBe(0);
  expect(await run.errors).toBe(
    "hearth tail: The hub is gone (1001). Waiting for it …\nhearth tail: The hub is back.\n",
  );
});

test("tail says what is wrong: no hub, no token, wrong type, wrong call", async () => {
  const journal = new FakeJournal();
  const bus = newBus(journal);
  await using server = serve(bus, journal, { token: "t0ken" });
  const url = `${server.url}/events`;

  const nobody = tail("--url", "ws://127.0.0.1:1/events");
  const stranger = tail("--url", url);
  const mistaken = tail("--url", url, "--token", "t0ken", "--type", "stt_resluts");
  const confused = tail("--since", "yesterday");

  expect(await nobody.errors).toStartWith("hearth tail: No hub answers at ws://127.0.0.1:1/events.");
  expect(await stranger.errors).toStartWith("hearth tail: The hub wants a token");
  expect(await mistaken.errors).toBe('hearth tail: There is no event type "stt_resluts".\n');
  expect(await confused.errors).toStartWith("hearth tail: --since takes");
  const codes = [nobody.exited, stranger.exited, mistaken.exited, confused.exited];
  expect(await Promise.all(codes)).toEqual([1, 1, 1, 2]);
});
