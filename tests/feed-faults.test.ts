import { expect, test } from "bun:test";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { openJournal } from "#adapters/sqlite/journal.ts";
import { systemClock } from "#adapters/system/system-clock.ts";
import { createBus } from "#bus/bus.ts";
import type { HubEvent } from "#events/hub-event.ts";
import { silentLog } from "#testing/silent-log.ts";
import { RawPeer, SocketPeer } from "#testing/socket-peer.ts";
import { createFeed, type FeedOptions } from "#transports/feed.ts";
import { PolicyMeter } from "#transports/socket-policy.ts";
import { startServer } from "#web/server.ts";

const OPEN = { mode: "open", tokens: [] } as const;

/** A real journal, bus, feed and server. */
async function serveFeed(access: FeedOptions["access"] = OPEN) {
  await using starting = new AsyncDisposableStack();
  const clock = systemClock;
  const journal = starting.use(
    await openJournal({
      path: join(mkdtempSync(join(tmpdir(), "hearth-feed-")), "events.sqlite"),
      clock,
      log: silentLog,
      retention: { maxAgeMs: 1e12, maxBytes: 1e12 },
    }),
  );
  const bus = createBus({ journal, clock, log: silentLog, onInvalid: "report" });
  const stop = new AbortController();
  const feed = createFeed({ bus, journal, clock, log: silentLog, access, signal: stop.signal });
  const server = starting.use(
    startServer({
      host: "127.0.0.1",
      port: 0,
      endpoints: [feed.endpoint],
      fetch: (request) => feed.response(request),
      newMeter: (policy) => new PolicyMeter(policy, clock),
      clock,
      log: silentLog,
      allowedHosts: [],
      allowedOrigins: [],
    }),
  );
  starting.defer(() => stop.abort());
  const running = starting.move();
  return { bus, journal, feed, server, [Symbol.asyncDispose]: () => running.disposeAsync() };
}

/** A stored event of about `bytes` bytes. */
function story(bytes: number) {
  return { type: "stt_result", text: "x".repeat(bytes), confidence: 1, duration_ms: 1 } as const;
}

/** Publish until `isDone`, a little at a time, as a busy house would. */
async function publishUntil(publish: () => void, isDone: () => boolean): Promise<void> {
  while (!isDone()) {
    for (let i = 0; i < 20; i++) publish();
    await new Promise((resolve) => setImmediate(resolve));
  }
}

function seqs(peer: SocketPeer): number[] {
  const frames = peer.received as readonly (
    | HubEvent
    | { type: "replay"; events: HubEvent[] }
    | { type: "live" }
  )[];
  return frames.flatMap((frame) => {
    if (frame.type === "replay") return frame.events.map(({ seq }) => seq);
    return frame.type === "live" || !("version" in frame) ? [] : [frame.seq];
  });
}

test("a reader that never reads is sent away, costs a bounded memory and delays nobody", async () => {
  await using hub = await serveFeed();
  using never = await RawPeer.connect(hub.server.port, "/events");
  never.socket.pause();
  using other = await SocketPeer.connect(`${hub.server.url}/events`);
  let published = 0;

  await publishUntil(
    () => {
      hub.bus.publish(story(2000));
      published += 1;
    },
    () => hub.feed.stats().readers_overrun > 0,
  );
  await other.until((peer) => seqs(peer).length === published);

  // Its socket's buffer, its queue, and what the kernel takes: some 2 MB and 4 MB.
  expect(published * 2000).toBeLessThan(20_000_000);
  expect(hub.feed.stats()).toMatchObject({ readers_overrun: 1 });
  expect(seqs(other)).toEqual(Array.from({ length: published }, (_, i) => i + 1));
}, 20_000);

test("a reader of 1 KB/s is sent away, and with what it has read it resumes without a gap", async () => {
  await using hub = await serveFeed();
  using slow = await RawPeer.connect(hub.server.port, "/events?ephemeral=0");
  const read: number[] = [];
  slow.read((text) => read.push((JSON.parse(String(text)) as HubEvent).seq));
  slow.socket.pause();
  const sips = setInterval(() => {
    slow.socket.resume();
    setImmediate(() => slow.socket.pause());
  }, 1000);
  let published = 0;

  await publishUntil(
    () => {
      hub.bus.publish(story(1000));
      published += 1;
    },
    () => hub.feed.stats().readers_overrun > 0,
  );
  clearInterval(sips);
  slow.socket.resume();
  await slow.closed;
  const last = read.at(-1) ?? 0;
  using again = await SocketPeer.connect(`${hub.server.url}/events?since=${last}`);
  await again.until((peer) => seqs(peer).at(-1) === published);

  expect([...read, ...seqs(again)]).toEqual(Array.from({ length: published }, (_, i) => i + 1));
  expect(last).toBeLessThan(published);
}, 30_000);

test("a thousand readers all get everything, in order; one more is told to come again", async () => {
  await using hub = await serveFeed();
  await using peers = new AsyncDisposableStack();
  const readers: SocketPeer[] = [];
  while (readers.length < 1000) {
    const some = await Promise.all(
      Array.from({ length: 50 }, () => SocketPeer.connect(`${hub.server.url}/events`)),
    );
    readers.push(...some.map((peer) => peers.use(peer)));
  }

  const events = Array.from({ length: 5 }, () => hub.bus.publish(story(100)));
  await Promise.all(readers.map((reader) => reader.until(({ received }) => received.length >= 5)));
  using late = await SocketPeer.connect(`${hub.server.url}/events`);

  expect(readers.every((reader) => Bun.deepEquals(reader.received, events))).toBe(true);
  expect(await late.closed).toEqual({ code: 1013, reason: "too many readers" });
}, 60_000);

test("a message too long closes with 1009, a wrong token with 4401; others never notice", async () => {
  await using hub = await serveFeed({ mode: "token", tokens: [{ id: "a", token: "t0ken" }] });
  const token = { headers: { authorization: "Bearer t0ken" } };
  using good = await SocketPeer.connect(`${hub.server.url}/events`, token);
  using long = await SocketPeer.connect(`${hub.server.url}/events`, token);
  using wrong = await SocketPeer.connect(`${hub.server.url}/events?token=nonsense`);

  long.send(`{"type":"ping","id":"${"x".repeat(20_000)}"}`);
  const codes = [(await long.closed).code, (await wrong.closed).code];
  good.send("{bad");
  good.send({ type: "ping", id: "1" });
  await good.until(({ received }) => received.length === 2);
  const event = hub.bus.publish(story(10));
  await good.until(({ received }) => received.length === 3);

  expect(codes).toEqual([1009, 4401]);
  expect(good.received).toMatchObject([{ type: "error" }, { type: "pong", id: "1" }, event]);
}, 20_000);

test("an invalid event is not sent, counted and told as an error that does not quote it", async () => {
  await using hub = await serveFeed();
  using reader = await SocketPeer.connect(`${hub.server.url}/events`);

  hub.bus.publish({ ...story(1), text: { secret: "what was said" } } as never);
  await reader.until(({ received }) => received.length === 1);

  expect(reader.received).toMatchObject([
    {
      type: "system_error",
      message: "An invalid event was not sent.",
      details: { type: "stt_result", problem: "text: invalid_type" },
    },
  ]);
  expect(hub.bus.stats().invalid).toBe(1);
});

/** `hearth serve` in a process of its own. */
async function serveProcess(data: string) {
  const main = resolve(import.meta.dir, "../src/main.ts");
  const child = Bun.spawn([process.execPath, main, "serve", "--data", data, "--port", "0", "--json"], {
    stdio: ["ignore", "pipe", "ignore"],
  });
  for await (const bytes of child.stdout) {
    const { http } = JSON.parse(new TextDecoder().decode(bytes)) as { readonly http: string };
    return {
      http,
      async [Symbol.asyncDispose]() {
        child.kill();
        await child.exited;
      },
    };
  }
  throw new Error("the hub did not start");
}

test("a hub on the network tells nothing without a token, in no form; with a narrowed one only those types", async () => {
  const config = `
server: { host: 0.0.0.0 }
engines: { hearing: none, stt: [], tts: [] }
security:
  satellites: open
  events: token
  feed_tokens:
    - { id: all, token: all-0123456789abcdef }
    - { id: narrow, token: narrow-0123456789abcdef, types: [satellite_*] }
`;
  const data = mkdtempSync(join(tmpdir(), "hearth-feed-"));
  writeFileSync(join(data, "hearth.yaml"), config);
  await using hub = await serveProcess(data);
  const paths = ["/api/events", "/metrics", "/api/metrics/summary", "/api/metrics/rollups"];
  const ask = (path: string, token?: string) =>
    fetch(`${hub.http}${path}`, token === undefined ? {} : { headers: { authorization: `Bearer ${token}` } });
  const statuses = async (token?: string) => {
    const answers = await Promise.all(paths.map((path) => ask(path, token)));
    await Promise.all(answers.map((answer) => answer.text()));
    return answers.map(({ status }) => status);
  };
  const closes = async (path: string) => {
    using peer = await SocketPeer.connect(`${hub.http}${path}`);
    return (await peer.closed).code;
  };

  expect(await statuses()).toEqual([401, 401, 401, 401]);
  expect(await statuses("all-0123456789abcdef")).toEqual([200, 200, 200, 200]);
  expect(await statuses("narrow-0123456789abcdef")).toEqual([200, 401, 401, 401]);
  expect(await Promise.all(["/", "/events"].map(closes))).toEqual([4401, 4401]);
  const narrow = await (await ask("/api/events?since=0", "narrow-0123456789abcdef")).text();
  expect(narrow).toBe("");
}, 30_000);
