import { expect, test } from "bun:test";
import { systemClock } from "#adapters/system/system-clock.ts";
import { createBus } from "#bus/bus.ts";
import { FakeJournal } from "#testing/fake-journal.ts";
import { openFeed } from "#testing/open-feed.ts";
import { SocketPeer } from "#testing/socket-peer.ts";
import { startServer } from "#web/server.ts";
import { createFeed } from "./feed.ts";
import { FEED_SOCKET, PolicyMeter } from "./socket-policy.ts";

/** An event of high priority. */
function started(id: string) {
  return { type: "conversation_start", conversation_id: id } as const;
}

/** The numbers of the events in frames: of live ones, and of those inside replays. */
function seqs(frames: readonly unknown[]): number[] {
  return frames.flatMap((frame) => {
    const { seq, events, type } = frame as { seq?: number; type: string; events?: { seq: number }[] };
    if (events) return events.map((event) => event.seq);
    return seq !== undefined && type !== "live" ? [seq] : [];
  });
}

test("a client that knows only the original contract gets one replay frame and then live events", async () => {
  const log = { debug() {}, info() {}, warn() {}, error() {} };
  const clock = systemClock;
  const journal = new FakeJournal();
  const bus = createBus({ journal, clock, log, onInvalid: "throw" });
  const stop = new AbortController();
  const access = { mode: "open", tokens: [] } as const;
  const feed = createFeed({ bus, journal, clock, log, access, signal: stop.signal });
  await using server = startServer({
    host: "127.0.0.1",
    port: 0,
    endpoints: [feed.endpoint],
    fetch: () => new Response("none", { status: 404 }),
    newMeter: (policy) => new PolicyMeter(policy, clock),
    clock,
    log,
    allowedHosts: [],
    allowedOrigins: [],
  });
  const events = Array.from({ length: 60 }, (_, i) => bus.publish(started(`c${i}`)));

  using peer = await SocketPeer.connect(`${server.url}/`);
  await peer.until(({ received }) => received.length === 1);
  const live = [bus.publish(started("live")), bus.publish({ type: "speech_start" })];
  await peer.until(({ received }) => received.length === 3);

  expect(peer.received).toEqual([{ type: "replay", events: events.slice(-50) }, ...live]);
  stop.abort();
});

test("nothing is replayed when nothing is stored", () => {
  const { bus, connect } = openFeed();
  bus.publish({ type: "speech_start" });

  const { socket } = connect();

  expect(socket.frames).toEqual([]);
});

test("what is published in one go reaches a reader in one write", async () => {
  const { bus, connect } = openFeed();
  const { socket } = connect();

  const events = [
    bus.publish(started("a")),
    bus.publish(started("b")),
    bus.publish({ type: "speech_start" }),
  ];
  await Promise.resolve();

  expect(socket.frames).toEqual(events);
  expect(socket.writes).toBe(1);
});

test("a reader resumes after the last event it has seen, and is told when it is up to date", async () => {
  const { bus, clock, connect } = openFeed();
  const events = Array.from({ length: 600 }, (_, i) => bus.publish(started(`c${i}`)));

  const { socket } = connect("/events?since=100");
  await clock.advance(0);
  const late = bus.publish(started("late"));
  await clock.advance(0);

  expect(seqs(socket.frames)).toEqual([...events.slice(100).map((event) => event.seq), late.seq]);
  expect(socket.frames.at(-2)).toEqual({ type: "live", seq: 600 });
  expect(socket.frames.at(-1)).toEqual(late);
});

test("live events never overtake a replay that waits for its reader", async () => {
  const { bus, clock, connect } = openFeed();
  for (let i = 0; i < 600; i++) bus.publish(started(`c${i}`));
  const decided = connect("/events?since=0");
  const { socket, handler } = decided;
  socket.outcome = "congested";
  await clock.advance(0);
  const before = seqs(socket.frames).length;

  for (let i = 0; i < 5; i++) bus.publish(started(`live${i}`));
  await clock.advance(0);
  const during = seqs(socket.frames).length;
  socket.outcome = "sent";
  handler.drain();
  await clock.advance(0);

  expect(during).toBe(before);
  expect(before).toBeLessThan(600);
  expect(seqs(socket.frames)).toEqual(Array.from({ length: 605 }, (_, i) => i + 1));
});

test("a number from the future resets the reader and replays everything kept", async () => {
  const { bus, clock, connect } = openFeed();
  const event = bus.publish(started("a"));

  const { socket } = connect("/events?since=999");
  await clock.advance(0);

  expect(socket.frames).toEqual([
    { type: "reset", reason: "future", oldest_seq: 1 },
    { type: "replay", events: [event] },
    { type: "live", seq: 1 },
  ]);
});

test("a number below what is kept resets the reader; one at the edge does not", async () => {
  const { bus, clock, journal, connect } = openFeed();
  for (let i = 0; i < 10; i++) bus.publish(started(`c${i}`));
  journal.prune(5);

  const behind = connect("/events?since=4");
  const edge = connect("/events?since=5");
  await clock.advance(0);

  expect(behind.socket.frames[0]).toEqual({ type: "reset", reason: "retention", oldest_seq: 6 });
  expect(seqs(behind.socket.frames)).toEqual([6, 7, 8, 9, 10]);
  expect(seqs(edge.socket.frames)).toEqual([6, 7, 8, 9, 10]);
  expect(edge.socket.frames.at(0)).toMatchObject({ type: "replay" });
});

test("a limit below what was missed resets the reader and replays the newest", async () => {
  const { bus, clock, connect } = openFeed();
  for (let i = 0; i < 10; i++) bus.publish(started(`c${i}`));

  const { socket } = connect("/events?since=2&limit=3");
  const enough = connect("/events?since=2&limit=8");
  const few = connect("/events?limit=2");
  const none = connect("/events?limit=0");
  await clock.advance(0);

  expect(socket.frames[0]).toMatchObject({ type: "reset", reason: "limit" });
  expect(seqs(socket.frames)).toEqual([8, 9, 10]);
  expect(seqs(enough.socket.frames)).toEqual([3, 4, 5, 6, 7, 8, 9, 10]);
  expect(seqs(few.socket.frames)).toEqual([9, 10]);
  expect(none.socket.frames).toEqual([]);
});

test("types, session and the lack of ephemeral ones narrow replay and live alike", async () => {
  const { bus, connect } = openFeed();
  const mine = bus.publish({ type: "stt_error", error: "e", session_id: "s1" });
  bus.publish({ type: "stt_error", error: "e", session_id: "s2" });
  bus.publish({ ...started("a"), session_id: "s1" });

  const { socket } = connect("/events?types=stt_*,llm_error&session=s1&ephemeral=0");
  bus.publish({ type: "stt_start", session_id: "s1" });
  const live = bus.publish({ type: "llm_error", error: "e", session_id: "s1" });
  bus.publish({ type: "llm_error", error: "e", session_id: null });
  await Promise.resolve();

  expect(socket.frames).toEqual([{ type: "replay", events: [mine] }, live]);
});

test("a subscribe message replaces the filter, unsubscribe ends it, ping is answered", async () => {
  const { bus, clock, connect } = openFeed();
  const { socket, say } = connect();

  say({ type: "subscribe", types: ["llm_*"], session: "s1", ephemeral: false });
  bus.publish(started("unwanted"));
  const wanted = bus.publish({ type: "llm_error", error: "e", session_id: "s1" });
  await Promise.resolve();
  say({ type: "unsubscribe" });
  bus.publish({ type: "llm_error", error: "e", session_id: "s1" });
  await Promise.resolve();
  say({ type: "ping", id: "p1" });

  const where = { session: "s1", satellite: null, turn: null };
  expect(socket.frames).toEqual([
    { type: "subscribed", types: ["llm_*"], ...where, ephemeral: false, seq: 0 },
    wanted,
    { type: "unsubscribed", seq: 2 },
    { type: "pong", id: "p1", timestamp: clock.wallMs() / 1000 },
  ]);
});

test("bad JSON and unknown messages are answered with an error, and the connection stays", async () => {
  const { bus, clock, feed, connect } = openFeed();
  const { socket, handler, say } = connect();

  handler.text("{nonsense");
  handler.text("[]");
  say({ type: "reboot" });
  handler.binary(new Uint8Array(3));
  const event = bus.publish(started("a"));
  await Promise.resolve();

  const timestamp = clock.wallMs() / 1000;
  expect(socket.frames[0]).toEqual({ type: "error", message: "Invalid JSON format", timestamp });
  expect(socket.frames.slice(0, 4).every((frame) => (frame as { type: string }).type === "error")).toBe(true);
  expect(socket.frames.slice(4)).toEqual([event]);
  expect(feed.stats()).toMatchObject({
    total_connections: 1,
    current_connections: 1,
    events_sent: 5,
    errors: 4,
  });
});

test("a bad filter is answered with an error and leaves the subscription as it was", async () => {
  const { bus, connect } = openFeed();
  const { socket, say } = connect("/events?types=stt_[a-z]");
  bus.publish(started("not subscribed yet"));
  await Promise.resolve();
  const first = socket.frames.splice(0);

  say({ type: "subscribe", types: ["conversation_*"] });
  const bad = [
    { types: ["no_such_type"] },
    { types: "stt_*" },
    { since: -1 },
    { since: "12" },
    { limit: 0.5 },
    { session: 7 },
    { ephemeral: "yes" },
  ];
  for (const filter of bad) say({ type: "subscribe", ...filter });
  const event = bus.publish(started("subscribed"));
  await Promise.resolve();

  expect(first).toMatchObject([{ type: "error", message: expect.stringContaining("types") }]);
  const kinds = socket.frames.map((frame) => (frame as { type: string }).type);
  expect(kinds).toEqual(["subscribed", ...bad.map(() => "error"), "conversation_start"]);
  expect(socket.frames.at(-1)).toEqual(event);
});

test("a token narrows what may be read, and without one nothing is", async () => {
  const { bus, feed, connect } = openFeed({
    mode: "token",
    tokens: [{ id: "lamp", token: "t0ken", types: ["home_*"] }],
  });
  bus.publish(started("private"));

  const { socket } = connect("/events", { authorization: "Bearer t0ken" });
  const command = bus.publish({ type: "home_command", entity_id: "lamp", command: "on" });
  bus.publish(started("private"));
  await Promise.resolve();
  const forbidden = connect("/events?token=t0ken&types=stt_*");

  expect(socket.frames).toEqual([command]);
  expect(forbidden.socket.frames).toMatchObject([{ type: "error" }]);
  const url = new URL("ws://hub.test/events?token=wrong");
  expect(feed.endpoint.accept({ url, headers: new Headers(), remoteAddress: "::1" })).toEqual({
    kind: "close",
    code: 4401,
    reason: "unauthorised",
  });
});

test("the feed answers on its path and on the root, whatever the policy says of its size", () => {
  const { feed } = openFeed();
  const paths = ["/", "/events", "/ws", "/api/events"];

  const answers = paths.filter((path) => feed.endpoint.matches(new URL(path, "ws://hub"), new Headers()));

  expect(answers).toEqual(["/", "/events"]);
  expect(feed.endpoint.policy).toBe(FEED_SOCKET);
});
