import { expect, test } from "bun:test";
import { FRAME_BYTES } from "#core/pcm.ts";
import { type MetSatellite, satelliteServer } from "#testing/satellite-server.ts";
import { RawPeer, SocketPeer } from "#testing/socket-peer.ts";

const never = new AbortController().signal;
const FRAME = new Uint8Array(FRAME_BYTES);

function hello(id: string, capabilities: string[] = []) {
  return { type: "hello", payload: { id, capabilities } };
}

test("a flood of audio is closed with 1008 while its neighbour is heard", async () => {
  await using server = satelliteServer();
  using flooding = await SocketPeer.connect(`${server.url}?device=flood`);
  using calm = await SocketPeer.connect(`${server.url}?device=calm`);

  // 1.3 MB at once; the clock stands still, so nothing is allowed beyond the burst.
  for (let i = 0; i < 40; i++) flooding.send(new Uint8Array(32_768));
  const end = await flooding.closed;
  calm.send(FRAME);
  const { listener } = await server.joined(1);
  await listener.until(({ frames }) => frames.length === 1);

  expect(end).toEqual({ code: 1008, reason: "too many bytes per second" });
  expect(server.met[0]?.listener.said.at(-1)).toEqual({ kind: "gone", ...end });
  expect(server.met[0]?.listener.frames.length).toBeLessThanOrEqual((4 * 8 * 32_000) / FRAME_BYTES);
});

test("a satellite that never reads its speech is closed at the limit and its neighbour hears all of it", async () => {
  await using server = satelliteServer();
  using stalled = await RawPeer.connect(server.port, "/ws/satellite?device=stalled");
  stalled.socket.pause();
  stalled.send(FRAME);
  const { satellite, listener } = await server.joined(0);
  using reading = await SocketPeer.connect(`${server.url}?device=reading`);
  reading.send(FRAME);
  const neighbour = await server.joined(1);

  let chunks = 0;
  while (satellite.playAudioChunk(new Uint8Array(1024)) !== "dropped") {
    chunks += 1;
    if (chunks <= 100) neighbour.satellite.playAudioChunk(FRAME);
  }
  await reading.until(({ audio }) => audio.byteLength === 100 * FRAME_BYTES);

  expect(listener.said).toEqual([{ kind: "gone", code: 1013, reason: "reads too slowly" }]);
  expect(satellite.isConnected()).toBe(false);
  expect(satellite.status().error_count).toBeGreaterThan(0);
  expect(neighbour.satellite.isConnected()).toBe(true);
  expect(server.observed.at(-1)).toBe("disconnected stalled 1013 reads too slowly");
});

const STATES: Record<string, (met: MetSatellite) => unknown> = {
  idle: () => undefined,
  listening: ({ satellite }) => satellite.state({ listening: true, speaking: false, turnState: "listening" }),
  deaf: ({ satellite }) => satellite.stopAudioStreaming(),
  speaking({ satellite }) {
    satellite.speechStart("turn-1");
    satellite.playAudioChunk(FRAME);
  },
  "waiting for a picture": ({ satellite }) => satellite.captureImage(never),
};

for (const [state, enter] of Object.entries(STATES)) {
  test(`a satellite that vanishes while ${state} is gone at once and leaves nothing behind`, async () => {
    await using server = satelliteServer();
    using peer = await RawPeer.connect(server.port, "/ws/satellite");
    peer.send(JSON.stringify(hello("kitchen", ["camera"])));
    const met = await server.joined(0);
    await met.listener.saying("hello");

    const entered = enter(met);
    peer.socket.resetAndDestroy();
    await met.listener.saying("gone");

    expect(await entered).toBeUndefined();
    expect(server.transport.connected()).toEqual([]);
    expect(server.clock.sleeping).toBe(0);
    expect(server.observed).toEqual(["connected kitchen", "disconnected kitchen 1006 connection lost"]);
    expect(met.satellite.status()).toMatchObject({ is_connected: false, audio_playing: false });
  });
}

test("a satellite that vanishes before it said anything was never there", async () => {
  await using server = satelliteServer();
  const silent = await SocketPeer.connect(`${server.url}?device=silent`);
  using other = await SocketPeer.connect(`${server.url}?device=other`);

  silent.close();
  await silent.closed;
  other.send(FRAME);
  await server.joined(0);
  await server.clock.advance(250);

  expect(server.observed).toEqual(["connected other"]);
});

test("a satellite the hub closes while it takes it is told gone, once", async () => {
  await using server = satelliteServer({ onSatellite: ({ satellite }) => satellite.close(1001, "draining") });
  using peer = await SocketPeer.connect(server.url);

  peer.send(hello("kitchen"));
  const end = await peer.closed;

  expect(end).toEqual({ code: 1001, reason: "draining" });
  expect(server.met[0]?.listener.said).toEqual([{ kind: "gone", code: 1001, reason: "draining" }]);
  expect(server.transport.connected()).toEqual([]);
  expect(server.observed).toEqual(["connected kitchen", "disconnected kitchen 1001 draining"]);
});

test("a hub that fails to take a satellite loses that one only, however the satellite joined", async () => {
  let failures = 2;
  await using server = satelliteServer({
    onSatellite() {
      if (failures-- > 0) throw new Error("said in the kitchen");
    },
  });
  using spoken = await SocketPeer.connect(`${server.url}?device=spoken`);
  using silent = await SocketPeer.connect(`${server.url}?device=silent`);

  spoken.send(FRAME);
  const first = await spoken.closed;
  await server.clock.advance(250);
  const second = await silent.closed;
  using fine = await SocketPeer.connect(`${server.url}?device=fine`);
  fine.send(FRAME);
  await server.joined(2);

  expect([first.code, second.code]).toEqual([1011, 1011]);
  expect(server.transport.connected().map(({ id }) => id)).toEqual(["fine"]);
  expect(server.observed).toEqual([
    "connected spoken",
    "disconnected spoken 1011 internal error",
    "connected silent",
    "disconnected silent 1011 internal error",
    "connected fine",
  ]);
  expect(server.lines.join()).not.toContain("kitchen");
});

test("fifty satellites at once are heard each on its own", async () => {
  await using server = satelliteServer();
  using peers = new DisposableStack();
  const connected = await Promise.all(
    Array.from({ length: 50 }, (_, index) => SocketPeer.connect(`${server.url}?device=room-${index}`)),
  );

  for (const [index, peer] of connected.entries()) {
    peers.use(peer);
    for (let frame = 0; frame < 5; frame++) {
      peer.send(new Uint8Array(new Int16Array(FRAME_BYTES / 2).fill(index).buffer));
    }
  }
  await server.joined(49);
  await Promise.all(server.met.map(({ listener }) => listener.until(({ frames }) => frames.length === 5)));

  for (const { satellite, listener } of server.met) {
    const room = Number(satellite.id.slice("room-".length));
    expect(new Set(listener.samples)).toEqual(new Set([room]));
  }
});
