import { expect, test } from "bun:test";
import { FRAME_BYTES } from "#core/pcm.ts";
import { satelliteServer } from "#testing/satellite-server.ts";
import { RawPeer, SocketPeer } from "#testing/socket-peer.ts";

const FRAME = new Uint8Array(FRAME_BYTES);

function hello(id: string) {
  return { type: "hello", payload: { id } };
}

const PRESS = { type: "event", payload: { source: "button", action: "pressed" } };

/** The PCM of `frames` frames, every sample different from its neighbours. */
function speech(frames: number): Int16Array<ArrayBuffer> {
  return Int16Array.from({ length: (frames * FRAME_BYTES) / 2 }, (_, index) => (index * 7919) % 30_000);
}

test("a satellite is known by its token, else its hello, else its URL, else its address", async () => {
  const token = "a-token-of-the-kitchen";
  await using open = satelliteServer();
  await using closed = satelliteServer({ tokens: [{ id: "kitchen", token }] });
  const headers = { authorization: `Bearer ${token}` };

  using byToken = await SocketPeer.connect(`${closed.url}?device=b`, { headers });
  byToken.send(hello("c"));
  const tokenOnly = await closed.joined(0);
  await tokenOnly.listener.saying("hello");
  using byHello = await SocketPeer.connect(`${open.url}?device=b`);
  byHello.send(hello("c"));
  await open.joined(0);
  using byUrl = await SocketPeer.connect(`${open.url}?device=b`);
  byUrl.send(FRAME);
  await open.joined(1);
  using byAddress = await SocketPeer.connect(open.url);
  byAddress.send(FRAME);
  await open.joined(2);

  expect(closed.met.map(({ satellite }) => satellite.id)).toEqual(["kitchen"]);
  expect(tokenOnly.satellite.hello.id).toBe("c");
  expect(open.met.map(({ satellite }) => satellite.id)).toEqual(["c", "b", "127.0.0.1"]);
  expect(open.transport.find("b")).toBe(open.transport.connected()[1]);
});

test("a satellite that says nothing joins by its URL after a moment, and one with a token at once", async () => {
  const token = "a-token-of-the-kitchen";
  await using open = satelliteServer();
  await using closed = satelliteServer({ tokens: [{ id: "kitchen", token }] });

  using silent = await SocketPeer.connect(`${open.url}?device=hall`);
  const before = open.met.length;
  await open.clock.advance(250);
  await silent.until(({ received }) => received.length === 1);
  using known = await SocketPeer.connect(`${closed.url}?token=${token}`);
  await known.until(({ received }) => received.length === 1);

  const idle = { listening: false, speaking: false, state: "idle" };
  expect(before).toBe(0);
  expect(open.met.map(({ satellite }) => satellite.id)).toEqual(["hall"]);
  expect(silent.received).toEqual([{ type: "server_status", payload: { ...idle, paired: false } }]);
  expect(known.received).toEqual([{ type: "server_status", payload: { ...idle, paired: true } }]);
});

test("a satellite without a valid token is closed with 4401, never met, and its token never logged", async () => {
  await using server = satelliteServer({ tokens: [{ id: "kitchen", token: "a-token-of-the-kitchen" }] });

  using none = await SocketPeer.connect(server.url);
  using wrong = await SocketPeer.connect(`${server.url}?token=a-token-of-the-kitchem`);
  const ends = [await none.closed, await wrong.closed];

  expect(ends).toEqual([
    { code: 4401, reason: "unauthorised" },
    { code: 4401, reason: "unauthorised" },
  ]);
  expect(server.met).toEqual([]);
  expect(server.lines).toHaveLength(2);
  expect(server.lines.join()).not.toContain("a-token");
});

test("the newest link of an identity wins: the old one is told and closed with 4000", async () => {
  await using server = satelliteServer();
  using first = await SocketPeer.connect(server.url);
  first.send(hello("kitchen"));
  const old = await server.joined(0);

  using second = await SocketPeer.connect(server.url);
  second.send(hello("kitchen"));
  const fresh = await server.joined(1);
  const stale = old.satellite.playAudioChunk(FRAME);
  fresh.satellite.playAudioChunk(new Uint8Array([1, 0]));
  await second.until(({ audio }) => audio.byteLength > 0);

  expect(await first.closed).toEqual({ code: 4000, reason: "replaced" });
  expect(old.listener.said.at(-1)).toEqual({ kind: "gone", code: 4000, reason: "replaced" });
  expect(stale).toBe("dropped");
  expect(second.audio).toEqual(Buffer.from([1, 0]));
  expect(server.transport.connected()).toEqual([fresh.satellite]);
  expect(server.observed).toEqual([
    "connected kitchen",
    "disconnected kitchen 4000 replaced",
    "connected kitchen",
  ]);
  expect(fresh.satellite.sessionId).not.toBe(old.satellite.sessionId);
});

test("with room for one, another satellite is busy while the same one may come back", async () => {
  await using server = satelliteServer({ max: 1 });
  using kitchen = await SocketPeer.connect(`${server.url}?device=kitchen`);
  kitchen.send(FRAME);
  await server.joined(0);

  using hall = await SocketPeer.connect(`${server.url}?device=hall`);
  hall.send(FRAME);
  const refused = await hall.closed;
  using rebooted = await SocketPeer.connect(`${server.url}?device=kitchen`);
  rebooted.send(FRAME);
  await server.joined(1);

  expect(refused).toEqual({ code: 1013, reason: "Service busy" });
  expect(hall.received).toEqual([]);
  expect(server.met.map(({ satellite }) => satellite.id)).toEqual(["kitchen", "kitchen"]);
});

test("a satellite that leaves makes room for another", async () => {
  await using server = satelliteServer({ max: 1 });
  const kitchen = await SocketPeer.connect(`${server.url}?device=kitchen`);
  kitchen.send(FRAME);
  await server.joined(0);

  kitchen.close();
  await server.until(() => server.observed.some((line) => line.startsWith("disconnected")));
  using hall = await SocketPeer.connect(`${server.url}?device=hall`);
  hall.send(FRAME);

  expect((await server.joined(1)).satellite.id).toBe("hall");
});

test("a hello after audio under another name leaves and joins anew without losing a sample", async () => {
  await using server = satelliteServer();
  using peer = await SocketPeer.connect(`${server.url}?device=esp-1`);
  const pcm = speech(2);
  const bytes = new Uint8Array(pcm.buffer);

  peer.send(bytes.slice(0, 1001));
  peer.send(hello("kitchen"));
  peer.send(bytes.slice(1001));
  const before = await server.joined(0);
  const after = await server.joined(1);
  await after.listener.until(({ frames }) => frames.length === 1);

  expect(before.listener.said).toEqual([{ kind: "gone", code: 4001, reason: "renamed" }]);
  expect(before.satellite.id).toBe("esp-1");
  expect(after.satellite.id).toBe("kitchen");
  expect(after.listener.said).toEqual([{ kind: "hello", id: "kitchen" }]);
  expect([...before.listener.samples, ...after.listener.samples]).toEqual([...pcm]);
  expect(server.transport.connected()).toEqual([after.satellite]);
});

test("a hello that corrects itself under the same name keeps the satellite", async () => {
  await using server = satelliteServer();
  using peer = await SocketPeer.connect(server.url);
  peer.send(hello("kitchen"));
  const { satellite, listener } = await server.joined(0);

  peer.send({ type: "hello", payload: { id: "kitchen", room: "Kitchen", speaker_buffer_ms: 200 } });
  await listener.saying("hello", 2);

  expect(server.met).toHaveLength(1);
  expect(satellite.hello).toMatchObject({ room: "Kitchen", speaker_buffer_ms: 200 });
});

test("a status before hello neither fixes the identity nor is lost", async () => {
  await using server = satelliteServer();
  using peer = await SocketPeer.connect(server.url);

  peer.send({ type: "client_status", payload: { uptime_ms: 5, heap_free: 50_123, wifi_rssi: -60 } });
  peer.send(hello("kitchen"));
  await server.until(() => server.observed.length === 2);
  peer.send({ type: "client_status", payload: { uptime_ms: 6, heap_free: 50_000, wifi_rssi: -60 } });
  peer.send(PRESS);
  await server.until(() => server.observed.length === 4);

  expect(server.observed).toEqual([
    "connected kitchen",
    "status kitchen 50123",
    "status kitchen 50000",
    "event kitchen button pressed",
  ]);
});

test("audio in any cut, single bytes included, arrives as the same samples", async () => {
  await using server = satelliteServer();
  using peer = await SocketPeer.connect(server.url);
  const pcm = speech(60);
  const bytes = new Uint8Array(pcm.buffer);
  const cuts = [1, 1, 1, 639, 3, 3200, 2047, 5, 640];

  let offset = 0;
  while (offset < 640) peer.send(bytes.slice(offset, ++offset));
  for (let i = 0; offset < bytes.byteLength; i++) {
    const end = Math.min(bytes.byteLength, offset + (cuts[i % cuts.length] ?? 1));
    peer.send(bytes.slice(offset, end));
    offset = end;
  }
  const { listener, satellite } = await server.joined(0);
  await listener.until(({ frames }) => frames.length === 60);

  expect(listener.samples).toEqual(pcm);
  expect(satellite.status().statistics.total_audio_bytes_in).toBe(bytes.byteLength);
});

test("a message of the largest size allowed is heard whole, a megabyte is refused with 1009", async () => {
  await using server = satelliteServer();
  using peer = await SocketPeer.connect(server.url);
  using greedy = await SocketPeer.connect(`${server.url}?device=greedy`);

  peer.send(new Uint8Array(256 * 1024));
  const { listener } = await server.joined(0);
  await listener.until(({ frames }) => frames.length === 409);
  greedy.send(new Uint8Array(1024 * 1024));

  expect((await greedy.closed).code).toBe(1009);
  expect(server.met).toHaveLength(1);
});

test("what cannot be understood is counted, logged once without its words, and the link stays", async () => {
  await using server = satelliteServer();
  using peer = await SocketPeer.connect(`${server.url}?device=kitchen`);
  const bad = [
    "turn on the lamp",
    "[]",
    "null",
    '{"type":7}',
    '{"type":"warp","payload":{}}',
    '{"type":"event"}',
    '{"type":"event","payload":{"source":"lamp"}}',
    '{"type":"__proto__"}',
    '{"type":"playback_position","payload":{"turn":"t","samples":-1}}',
  ];

  for (const text of bad) peer.send(text);
  peer.send({ type: "text", payload: { text: "what time is it" } });
  const { satellite, listener } = await server.joined(0);
  await listener.saying("text");

  const status = satellite.status();
  expect(status.statistics.messages_rejected).toBe(bad.length);
  expect([status.error_count, status.last_error]).toEqual([bad.length, "bad payload.samples"]);
  expect(status.last_activity).toBe(server.clock.wallMs() / 1000);
  expect(server.lines).toHaveLength(1);
  expect(server.lines[0]).not.toContain("lamp");
  expect(listener.said).toEqual([{ kind: "text", text: "what time is it" }]);
});

test("half a frame and a lost line are forgotten: the next link starts clean", async () => {
  await using server = satelliteServer();
  const torn = await RawPeer.connect(server.port, "/ws/satellite?device=kitchen");
  torn.send(new Uint8Array(641));
  const first = await server.joined(0);
  await first.listener.until(({ frames }) => frames.length === 1);
  // The head of a message whose payload never comes.
  torn.socket.write(torn.frame(FRAME).subarray(0, 100));
  torn.socket.resetAndDestroy();
  await first.listener.saying("gone");

  using again = await SocketPeer.connect(`${server.url}?device=kitchen`);
  again.send(new Uint8Array(speech(1).buffer));
  const second = await server.joined(1);
  await second.listener.until(({ frames }) => frames.length === 1);

  expect(second.listener.samples).toEqual(speech(1));
  expect(second.satellite.status()).toMatchObject({ is_connected: true, audio_streaming: true });
  expect(server.clock.sleeping).toBe(0);
});
