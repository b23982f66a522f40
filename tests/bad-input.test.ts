import { expect, test } from "bun:test";
import { connectSatellite } from "#sim/satellite.ts";
import { seededRandom } from "#sim/sim-clock.ts";
import { RawPeer, SocketPeer } from "#testing/socket-peer.ts";
import { idleAgain, pressed, satelliteOf, turnEnded } from "./support/conversation.ts";
import { turnEnds } from "./support/feed-tap.ts";
import { type HubProcess, startHubProcess, stoppedCleanly } from "./support/hub-process.ts";
import { hearingTest } from "./support/speech.ts";

/** No ears: these tests are about bytes, not about what is said. */
const DEAF = "engines: { hearing: none, stt: [] }";
const LIMIT_MS = 60_000;

/** A peer that has said hello and been answered. */
async function introduced(hub: HubProcess, id: string): Promise<SocketPeer> {
  const peer = await SocketPeer.connect(hub.satellite);
  peer.send({ type: "hello", payload: { id } });
  await hub.feed.next("satellite_connected", (event) => event.satellite_id === id, { since: 0 });
  return peer;
}

/** Whether this satellite is still served: it asks something and is answered. */
async function served(hub: HubProcess, peer: SocketPeer, id: string): Promise<string> {
  const since = hub.feed.mark();
  peer.send({ type: "text", payload: { text: "what is two plus two" } });
  return (await turnEnded(hub, id, since)).answer.join(" ");
}

/** How many messages of this satellite the hub has rejected, as its next status report says. */
async function rejected(hub: HubProcess, peer: SocketPeer, id: string): Promise<number> {
  const since = hub.feed.mark();
  peer.send({ type: "client_status", payload: { uptime_ms: 1, heap_free: 1, wifi_rssi: -60 } });
  const status = await hub.feed.next("satellite_status", (event) => event.satellite_id === id, { since });
  return status.messages_rejected ?? 0;
}

test(
  "messages nobody understands are counted and ignored, and the connection stays",
  async () => {
    await using hub = await startHubProcess({ config: DEAF });
    using peer = await introduced(hub, "odd");

    const bad = [
      "not json",
      "{",
      "[]",
      "null",
      "42",
      '"text"',
      "{}",
      '{"type":7}',
      '{"type":"unheard-of","payload":{}}',
      '{"type":"event"}',
      '{"type":"event","payload":{"source":1}}',
      '{"type":"text","payload":{"text":""}}',
      `{"type":"text","payload":{"text":"${"x".repeat(3000)}"}}`,
      '{"type":"playback_position","payload":{"turn":"t","samples":-1}}',
      "\u0000",
      "",
    ];
    for (const text of bad) peer.send(text);

    expect(await rejected(hub, peer, "odd")).toBe(bad.length);
    expect(await served(hub, peer, "odd")).toBe("That's four.");
    await stoppedCleanly(hub);
  },
  LIMIT_MS,
);

test(
  "odd bytes and one-byte frames are audio like any other",
  async () => {
    await using hub = await startHubProcess({ config: DEAF });
    using peer = await introduced(hub, "crumbs");

    for (let i = 0; i < 640; i++) peer.send(new Uint8Array([i & 255]));
    peer.send(new Uint8Array(0));
    for (const length of [1, 3, 639, 641, 12_345]) peer.send(new Uint8Array(length));

    expect(await rejected(hub, peer, "crumbs")).toBe(0);
    const heard = hub.feed.of("satellite_status", "crumbs").at(-1);
    expect(heard?.total_audio_bytes_in).toBe(640 + 1 + 3 + 639 + 641 + 12_345);
    expect(await served(hub, peer, "crumbs")).toBe("That's four.");
    await stoppedCleanly(hub);
  },
  LIMIT_MS,
);

test(
  "a frame of one megabyte closes its own connection with 1009 and disturbs nobody else",
  async () => {
    await using hub = await startHubProcess({ config: DEAF });
    using big = await introduced(hub, "big");
    using neighbour = await introduced(hub, "neighbour");

    big.send(new Uint8Array(1024 * 1024));

    expect((await big.closed).code).toBe(1009);
    const gone = await hub.feed.next("satellite_disconnected", ({ satellite_id }) => satellite_id === "big", {
      since: 0,
    });
    expect(gone.code).toBe(1009);
    expect(await served(hub, neighbour, "neighbour")).toBe("That's four.");
    await stoppedCleanly(hub);
  },
  LIMIT_MS,
);

test(
  "a flood is closed with 1008 and disturbs nobody else",
  async () => {
    await using hub = await startHubProcess({ config: DEAF });
    using flood = await introduced(hub, "flood");
    using neighbour = await introduced(hub, "neighbour");

    for (let i = 0; i < 60; i++) flood.send(new Uint8Array(64_000));

    expect((await flood.closed).code).toBe(1008);
    expect(await served(hub, neighbour, "neighbour")).toBe("That's four.");
    await stoppedCleanly(hub);
  },
  LIMIT_MS,
);

test(
  "a satellite that never reads is given up, and its turn ends",
  async () => {
    await using hub = await startHubProcess({ config: DEAF });
    using neighbour = await introduced(hub, "neighbour");
    using deaf = await RawPeer.connect(hub.port, "/ws/satellite");
    deaf.socket.pause();

    deaf.send(JSON.stringify({ type: "hello", payload: { id: "deaf" } }));
    deaf.send(JSON.stringify({ type: "text", payload: { text: "what can you do" } }));

    const end = await turnEnded(hub, "deaf", 0, 30_000);
    expect(["disconnected", "answered"]).toContain(end.reason);
    await hub.feed.next("satellite_disconnected", ({ satellite_id }) => satellite_id === "deaf", {
      since: 0,
      withinMs: 20_000,
    });
    expect(await served(hub, neighbour, "neighbour")).toBe("That's four.");
    await stoppedCleanly(hub);
  },
  LIMIT_MS,
);

test(
  "a satellite that disconnects in any state leaves one end per turn and no session behind",
  async () => {
    await using hub = await startHubProcess({ config: DEAF });
    const moments = ["satellite_connected", "decision", "tts_start", "tts_result"] as const;

    for (const [i, moment] of moments.entries()) {
      for (const orderly of [true, false]) {
        const id = `leaver-${i}-${orderly}`;
        using peer = await introduced(hub, id);
        if (moment !== "satellite_connected")
          peer.send({ type: "text", payload: { text: "what can you do" } });
        await hub.feed.next(moment, (event) => event.satellite_id === id, { since: 0 });
        if (orderly) peer.close();
        else peer.terminate();
        await hub.feed.next("satellite_disconnected", (event) => event.satellite_id === id, { since: 0 });
      }
    }

    expect([...turnEnds(hub.feed.events).values()]).toEqual(
      Array.from({ length: 6 }, () => ["disconnected"]),
    );
    expect((await hub.health()).transport.connections).toBe(0);
    await stoppedCleanly(hub);
  },
  LIMIT_MS,
);

const SECONDS = 16_000;
const random = seededRandom(7);
/** Sounds nobody can make sense of, each two seconds long. */
const SOUNDS: Readonly<Record<string, Int16Array>> = {
  "digital silence": new Int16Array(2 * SECONDS),
  "white noise": Int16Array.from({ length: 2 * SECONDS }, () => (random() * 2 - 1) * 8000),
  clipping: Int16Array.from({ length: 2 * SECONDS }, (_, i) => (Math.sin(i / 12) > 0 ? 32_767 : -32_768)),
};

hearingTest(
  "silence, noise, clipping and speech at the wrong rate end their turns like any other",
  LIMIT_MS,
  async () => {
    await using hub = await startHubProcess({
      config: "turn: { no_speech_ms: 2000, max_utterance_ms: 4000 }",
    });
    await hub.enginesReady();
    const life = new AbortController();
    const { recording } = await import("#testing/recordings.ts");
    const speech = recording("sentences/r3-timer.wav");
    // Every second sample: 8 kHz, which a hub that expects 16 hears at double speed.
    const halved = Int16Array.from({ length: speech.length >> 1 }, (_, i) => speech[2 * i] ?? 0);
    const sounds = { ...SOUNDS, "8 kHz": halved };

    const ends = await Promise.all(
      Object.entries(sounds).map(async ([name, pcm], i) => {
        const id = `room-${i}`;
        await using satellite = await satelliteOf(hub, id, life.signal);
        const since = hub.feed.mark();
        await pressed(hub, id, satellite);
        await satellite.say(pcm);
        const { reason } = await turnEnded(hub, id, since);
        await idleAgain(satellite);
        return [name, reason];
      }),
    );

    for (const [name, reason] of ends)
      expect([name, "no-speech", "not-understood", "answered"]).toContain(reason);
    console.log(`  ${ends.map(([name, reason]) => `${name}: ${reason}`).join(", ")}`);
    expect(hub.feed.of("provider_state").filter(({ state }) => state === "restarting")).toEqual([]);
    await stoppedCleanly(hub);
  },
);

test(
  "two satellites with one name take turns for ever without harm to the hub",
  async () => {
    await using hub = await startHubProcess({ config: DEAF });
    const life = new AbortController();
    const url = hub.satellite;
    const options = {
      url,
      signal: life.signal,
      reconnect: { firstMs: 20, maxMs: 50 },
      hello: { id: "twin" },
    };
    await using one = await connectSatellite(options);
    await using two = await connectSatellite({ ...options, seed: 2 });
    using neighbour = await introduced(hub, "neighbour");

    await one.until(({ connections }) => connections >= 5, "five links of the one");
    await two.until(({ connections }) => connections >= 5, "five links of the other");

    expect(await served(hub, neighbour, "neighbour")).toBe("That's four.");
    expect((await hub.health()).transport.connections).toBeLessThanOrEqual(2);
    await stoppedCleanly(hub);
  },
  LIMIT_MS,
);
