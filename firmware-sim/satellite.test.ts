import { expect, test } from "bun:test";
import { connectSatellite } from "./satellite.ts";
import type { SatelliteOptions } from "./simulated-satellite.ts";
import { type FakeLink, fakeHub } from "./testing/fake-hub.ts";

const tone = (ms: number) => Int16Array.from({ length: ms * 16 }, (_, i) => 9000 * Math.sin(i / 5));

async function connected(options: Partial<SatelliteOptions> = {}) {
  const hub = fakeHub();
  const satellite = await connectSatellite({
    url: hub.url,
    signal: new AbortController().signal,
    noiseAmplitude: 0,
    ...options,
  });
  const link = await hub.link();
  return {
    hub,
    satellite,
    link,
    async [Symbol.asyncDispose]() {
      await satellite[Symbol.asyncDispose]();
      await hub[Symbol.asyncDispose]();
    },
  };
}

function speak(link: FakeLink, turn: string, pcm: Int16Array): void {
  link.send({ type: "speech_start", payload: { turn, rate: 16_000 } });
  link.play(pcm);
  link.send({ type: "speech_end", payload: { turn } });
}

test("it says hello with its token and streams what is said, whole and in real time", async () => {
  await using rig = await connected({ token: "secret", hello: { id: "kitchen" } });
  const said = tone(100);

  await rig.satellite.say(said);
  // A chunk after it was said, so that the last of it has arrived.
  const before = rig.link.chunkBytes.length;
  await rig.hub.until(() => rig.link.chunkBytes.length > before);

  expect(rig.link.authorization).toBe("Bearer secret");
  expect(rig.link.of("hello")).toMatchObject([{ id: "kitchen", speaker_buffer_ms: 500 }]);
  expect(rig.link.of("client_status")).toHaveLength(1);
  expect(rig.link.chunkBytes.every((bytes) => bytes === 640)).toBe(true);
  const heard = rig.link.audio;
  const from = heard.findIndex((sample) => sample !== 0) - 1;
  expect(heard.subarray(from, from + said.length)).toEqual(said);
});

test("it plays a turn, says where it is and when it is over, and keeps the sound", async () => {
  await using rig = await connected();
  const speech = tone(150);

  speak(rig.link, "t1", speech);
  await rig.satellite.until((state) => state.turnsPlayed.includes("t1"), "t1 played");
  await rig.hub.until(() => rig.link.of("playback_complete").length > 0);

  expect(rig.link.of("playback_complete")).toEqual([{ turn: "t1" }]);
  expect(rig.link.of("playback_position").at(-1)).toEqual({ turn: "t1", samples: 2400 });
  expect(rig.satellite.recording.speechOf("t1")).toEqual(speech);
  expect(rig.satellite.state()).toMatchObject({ underruns: 0, overrunBytes: 0, audible: false });
});

test("stop_playback silences it at once", async () => {
  await using rig = await connected();
  rig.link.send({ type: "speech_start", payload: { turn: "t1", rate: 16_000 } });
  rig.link.play(tone(400));
  await rig.satellite.until((state) => state.audible, "sound");

  rig.link.send({ type: "server_command", payload: { command: "stop_playback", turn: "t1" } });
  await rig.satellite.until((state) => !state.audible, "silence");
  await rig.hub.until(() => rig.link.of("playback_position").length > 0);

  expect(rig.satellite.state().turnsPlayed).toEqual([]);
  expect(rig.satellite.state().playedSamples).toBeLessThan(400 * 16);
});

test("commands and status show in its state", async () => {
  await using rig = await connected({ image: { data: Uint8Array.of(255, 216), mime: "image/jpeg" } });

  rig.link.send({ type: "server_command", payload: { command: "set_led_color", r: 1, g: 2, b: 3 } });
  rig.link.send({ type: "server_command", payload: { command: "play_tone", tone: "ack" } });
  rig.link.send({ type: "server_command", payload: { command: "set_volume", level: 0.25 } });
  rig.link.send({ type: "server_command", payload: { command: "capture_image", request: "r" } });
  rig.link.socket?.sendText("{not json");
  rig.link.send({
    type: "server_status",
    payload: { listening: true, speaking: false, state: "listening", paired: true },
  });
  const state = await rig.satellite.until(({ listening }) => listening, "listening");
  await rig.hub.until(() => rig.link.of("image").length > 0);

  expect(state).toMatchObject({
    led: { r: 1, g: 2, b: 3, brightness: 1 },
    tones: ["ack"],
    volume: 0.25,
    hubState: "listening",
    paired: true,
    notUnderstood: 1,
  });
  expect(rig.link.of("image")).toEqual([{ data: "/9g=", mime: "image/jpeg" }]);
});

test("button, wake, mute and typed text are sent as messages", async () => {
  await using rig = await connected();

  rig.satellite.press();
  rig.satellite.wake("hey tars", 0.8);
  rig.satellite.mute(true);
  rig.satellite.type("lights on");
  await rig.hub.until(() => rig.link.of("text").length > 0);

  expect(rig.link.of("event")).toEqual([
    { source: "button", action: "pressed" },
    { source: "wake", action: "detected", phrase: "hey tars", score: 0.8 },
    { source: "mute", action: "on" },
  ]);
  expect(rig.link.of("text")).toEqual([{ text: "lights on" }]);
});

test("plain firmware says nothing but the plan's messages and ignores all others", async () => {
  await using rig = await connected({ dialect: "plain", frameBytes: 333 });

  rig.link.send({ type: "server_command", payload: { command: "set_volume", level: 0.1 } });
  rig.link.send({ type: "speech_start", payload: { turn: "t1", rate: 16_000 } });
  rig.link.play(tone(20));
  rig.satellite.press();
  rig.satellite.type("not possible");
  await rig.satellite.untilEvent(({ kind }) => kind === "audio-end", "silence", { since: 0 });
  await rig.hub.until(() => rig.link.chunkBytes.length > 3 && rig.link.of("event").length > 0);

  expect(rig.satellite.state()).toMatchObject({ volume: 0.7, turnsPlayed: [], playedSamples: 320 });
  const types = rig.link.messages.map((parsed) => (parsed.ok ? parsed.message.type : parsed.problem));
  expect(types.toSorted()).toEqual(["client_status", "event"]);
  expect(rig.link.chunkBytes.every((bytes) => bytes === 333)).toBe(true);
});

test("flat firmware streams only in a session and completes each reply", async () => {
  await using rig = await connected({ dialect: "flat" });

  await rig.satellite.say(tone(40));
  expect(rig.link.chunkBytes).toEqual([]);
  rig.satellite.press();
  await rig.hub.until(() => rig.link.chunkBytes.length > 0);
  rig.link.send({ type: "start_of_tts_stream" });
  rig.link.play(tone(40));
  rig.link.send({ type: "tts_stream_end" });
  await rig.hub.until(() => rig.link.of("playback_complete").length > 0);
  rig.satellite.press();
  await rig.hub.until(() => rig.link.of("session_end").length > 0);

  expect(rig.link.messages.every((parsed) => parsed.ok && parsed.dialect === "flat")).toBe(true);
  expect(rig.link.of("event")).toEqual([{ source: "wake", action: "detected" }]);
  expect(rig.satellite.state().listening).toBe(false);
});

test("after a reset it comes back by itself when it is told to", async () => {
  await using rig = await connected({ reconnect: { firstMs: 1, maxMs: 10 }, hello: { id: "k" } });

  rig.satellite.inject({ kind: "reset" });
  const again = await rig.hub.link(2);
  await rig.satellite.until((state) => state.link === "open" && state.connections === 2, "back");
  await rig.hub.until(() => again.of("hello").length === 1);

  expect(rig.satellite.state().lastClose?.code).toBe(1006);
});

test("without being told to it stays away and says why", async () => {
  await using rig = await connected();

  rig.link.socket?.close(1013, "Service busy");
  const state = await rig.satellite.until(({ link }) => link === "closed", "closed");

  expect(state.lastClose).toEqual({ code: 1013, reason: "Service busy" });
});

test("a reboot in the middle of a turn loses the sound and makes a new link", async () => {
  await using rig = await connected();
  rig.link.send({ type: "speech_start", payload: { turn: "t1", rate: 16_000 } });
  rig.link.play(tone(300));
  await rig.satellite.until((state) => state.audible, "sound");

  rig.link.send({ type: "server_command", payload: { command: "reboot" } });
  await rig.satellite.until((state) => state.boots === 2 && state.link === "open", "booted");

  expect(rig.satellite.state()).toMatchObject({ audible: false, bufferedMs: 0, connections: 2 });
  expect(rig.hub.links).toHaveLength(2);
});

test("a half-open link stays open beside the new one", async () => {
  await using rig = await connected();

  rig.satellite.inject({ kind: "half-open" });
  expect(rig.satellite.state().link).toBe("frozen");
  await rig.satellite.reconnect();
  const fresh = await rig.hub.link(2);
  await rig.hub.until(() => fresh.chunkBytes.length > 1);

  expect(rig.link.closed).toBeUndefined();
});

test("half a chunk and a cut reach the hub as an end without that chunk", async () => {
  await using rig = await connected();
  await rig.hub.until(() => rig.link.chunkBytes.length > 0);

  rig.satellite.inject({ kind: "half-frame" });
  await rig.hub.until(() => rig.link.closed !== undefined);

  expect(rig.link.chunkBytes.every((bytes) => bytes === 640)).toBe(true);
});

test("waiting for what does not come fails with what was waited for", async () => {
  await using rig = await connected();

  const never = rig.satellite.until((state) => state.speaking, "the hub speaks", 20);

  await expect(never).rejects.toThrow("not within 20 ms: the hub speaks");
});

test("fifty satellites stream at once and go orderly", async () => {
  await using hub = fakeHub();
  const signal = new AbortController().signal;
  const crowd = await Promise.all(
    Array.from({ length: 50 }, (_, i) => connectSatellite({ url: hub.url, signal, hello: { id: `s${i}` } })),
  );
  await hub.until(() => hub.links.every((link) => link.chunkBytes.length >= 5));

  await Promise.all(crowd.map((satellite) => satellite[Symbol.asyncDispose]()));
  await hub.until(() => hub.links.every((link) => link.closed !== undefined));

  expect(hub.links.map((link) => link.closed?.code)).toEqual(new Array(50).fill(1000));
});

test("a hub that is not there is an error, and an abort ends the attempts", async () => {
  const controller = new AbortController();
  const url = "ws://127.0.0.1:1/";

  await expect(connectSatellite({ url, signal: controller.signal })).rejects.toThrow("no connection");
  const trying = connectSatellite({ url, signal: controller.signal, reconnect: true });
  controller.abort(new Error("enough"));

  await expect(trying).rejects.toThrow("enough");
});
