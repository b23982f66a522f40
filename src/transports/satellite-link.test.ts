import { expect, test } from "bun:test";
import { FRAME_BYTES } from "#core/pcm.ts";
import { satelliteContract } from "#testing/satellite-contract.ts";
import { satelliteServer } from "#testing/satellite-server.ts";
import { RawPeer, SocketPeer } from "#testing/socket-peer.ts";

const JPEG = Buffer.from([0xff, 0xd8, 0xff, 0xe0, 0, 16]).toString("base64");
const never = new AbortController().signal;
const IDLE = { listening: false, speaking: false, state: "idle", paired: false };

function hello(payload: object = {}) {
  return { type: "hello", payload: { protocol: 1, id: "kitchen", ...payload } };
}

satelliteContract("a satellite on a socket", async () => {
  const server = satelliteServer();
  const peer = await RawPeer.connect(server.port, "/ws/satellite");
  const audio: Uint8Array[] = [];
  let arrived = (): void => undefined;
  peer.read((message) => {
    if (typeof message !== "string") {
      audio.push(message);
      arrived();
      return;
    }
    const { type, payload } = JSON.parse(message);
    if (type === "server_command" && payload.command === "capture_image") {
      peer.send(JSON.stringify({ type: "image", payload: { request: payload.request, data: JPEG } }));
    }
  });
  peer.send(JSON.stringify(hello({ capabilities: ["camera"] })));
  const { satellite, listener } = await server.joined(0);
  await listener.saying("hello");
  listener.said.length = 0;

  return {
    satellite,
    listener,
    hear: (value) => peer.send(new Uint8Array(new Int16Array(FRAME_BYTES / 2).fill(value).buffer)),
    press: () =>
      peer.send(JSON.stringify({ type: "event", payload: { source: "button", action: "pressed" } })),
    speaker: (bytes) =>
      new Promise((resolve) => {
        arrived = () => {
          const joined = Buffer.concat(audio);
          if (joined.byteLength >= bytes) resolve(new Uint8Array(joined));
        };
        arrived();
      }),
    stall: () => void peer.socket.pause(),
    resume: () => void peer.socket.resume(),
    vanish: () => peer.socket.resetAndDestroy(),
    async [Symbol.asyncDispose]() {
      peer[Symbol.dispose]();
      await server[Symbol.asyncDispose]();
    },
  };
});

test("a satellite that said hello gets every message of a spoken turn in Hearth's dialect", async () => {
  await using server = satelliteServer();
  using peer = await SocketPeer.connect(server.url);
  peer.send(hello({ capabilities: ["playback_position"] }));
  const { satellite, listener } = await server.joined(0);

  satellite.state({ listening: true, speaking: false, turnState: "listening" });
  satellite.state({ listening: true, speaking: false, turnState: "listening" });
  satellite.speechStart("turn-1");
  satellite.playAudioChunk(new Uint8Array(4));
  satellite.speechEnd("turn-1");
  satellite.stopAudioPlayback("turn-1");
  satellite.command({ command: "set_volume", level: 0.5 });
  satellite.sessionEnd();
  await peer.until(({ received }) => received.length === 8);
  peer.send({ type: "playback_position", payload: { turn: "turn-1", samples: 320 } });
  peer.send({ type: "playback_complete", payload: { turn: "turn-1" } });
  await listener.saying("complete");

  const audio = { rate: 16_000, channels: 1, format: "s16le", frame_ms: 20 };
  expect(peer.received).toEqual([
    { type: "hello", payload: { session: satellite.sessionId, protocol: 1, audio } },
    { type: "server_status", payload: IDLE },
    { type: "server_status", payload: { ...IDLE, listening: true, state: "listening" } },
    { type: "speech_start", payload: { turn: "turn-1", rate: 16_000 } },
    new Uint8Array(4),
    { type: "speech_end", payload: { turn: "turn-1" } },
    { type: "server_command", payload: { command: "stop_playback", turn: "turn-1" } },
    { type: "server_command", payload: { command: "set_volume", level: 0.5 } },
  ]);
  expect(listener.said).toEqual([
    { kind: "hello", id: "kitchen" },
    { kind: "position", turn: "turn-1", samples: 320 },
    { kind: "complete", turn: "turn-1" },
  ]);
  expect([satellite.dialect, satellite.reportsPlayback]).toEqual(["hearth", true]);
});

test("a satellite of the original plan gets nothing the plan does not name", async () => {
  await using server = satelliteServer();
  using peer = await SocketPeer.connect(server.url);
  peer.send(new Uint8Array(640));
  const { satellite } = await server.joined(0);

  satellite.speechStart("turn-1");
  satellite.playAudioChunk(new Uint8Array(4));
  satellite.speechEnd("turn-1");
  satellite.command({ command: "set_volume", level: 0.5 });
  satellite.command({ command: "identify" });
  satellite.command({ command: "pair", token: "secret" });
  const picture = await satellite.captureImage(never);
  satellite.sessionEnd();
  satellite.stopAudioPlayback("turn-1");
  satellite.command({ command: "play_tone", tone: "ack" });
  await peer.until(({ received }) => received.length === 4);

  expect(peer.received).toEqual([
    { type: "server_status", payload: IDLE },
    new Uint8Array(4),
    { type: "server_command", payload: { command: "stop_playback", turn: "turn-1" } },
    { type: "server_command", payload: { command: "play_tone", tone: "ack" } },
  ]);
  expect(picture).toBeUndefined();
  expect([satellite.dialect, satellite.reportsPlayback]).toEqual(["plain", false]);
});

test("the Pi client is spoken to in its flat dialect and nothing else", async () => {
  await using server = satelliteServer();
  using peer = await SocketPeer.connect(server.url);
  peer.send({ type: "hotword_detected" });
  const { satellite, listener } = await server.joined(0);

  satellite.state({ listening: true, speaking: false, turnState: "listening" });
  satellite.speechStart("turn-1");
  satellite.playAudioChunk(new Uint8Array(4));
  satellite.speechEnd("turn-1");
  satellite.speechStart("turn-2");
  satellite.stopAudioPlayback("turn-2");
  satellite.command({ command: "play_tone", tone: "ack" });
  satellite.sessionEnd();
  await peer.until(({ received }) => received.length === 6);
  peer.send({ type: "playback_complete" });
  peer.send({ type: "session_end" });
  await listener.saying("event", 2);

  expect(peer.received).toEqual([
    { type: "start_of_tts_stream" },
    new Uint8Array(4),
    { type: "tts_stream_end" },
    { type: "start_of_tts_stream" },
    { type: "tts_stream_end" },
    { type: "session_end" },
  ]);
  expect(listener.said).toEqual([
    { kind: "event", source: "wake", action: "detected" },
    { kind: "complete", turn: undefined },
    { kind: "event", source: "session", action: "end" },
  ]);
  expect([satellite.dialect, satellite.reportsPlayback]).toEqual(["flat", true]);
});

test("speech in a longer chunk is cut to messages of at most 1024 bytes", async () => {
  await using server = satelliteServer();
  using peer = await SocketPeer.connect(server.url);
  peer.send(hello());
  const { satellite } = await server.joined(0);

  satellite.playAudioChunk(Uint8Array.from({ length: 2500 }, (_, index) => index & 255));
  await peer.until(({ audio }) => audio.byteLength === 2500);

  const lengths = peer.received.filter((item) => item instanceof Uint8Array).map((item) => item.byteLength);
  expect(lengths).toEqual([1024, 1024, 452]);
});

test("audio plays as long as it lasts, until the satellite says it is done or is told to stop", async () => {
  await using server = satelliteServer();
  using peer = await SocketPeer.connect(server.url);
  peer.send(hello());
  const { satellite, listener } = await server.joined(0);
  const isPlaying = () => satellite.status().audio_playing;

  for (let i = 0; i < 10; i++) satellite.playAudioChunk(new Uint8Array(640));
  await server.clock.advance(199);
  const near = isPlaying();
  await server.clock.advance(1);
  const over = isPlaying();
  satellite.playAudioChunk(new Uint8Array(640));
  satellite.stopAudioPlayback("turn-1");
  const stopped = isPlaying();
  satellite.playAudioChunk(new Uint8Array(640));
  peer.send({ type: "playback_complete", payload: {} });
  await listener.saying("complete");

  expect([near, over, stopped, isPlaying()]).toEqual([true, false, false, false]);
  expect(satellite.reportsPlayback).toBe(true);
});

test("a satellite with a camera that does not answer gives no picture after 10 s", async () => {
  await using server = satelliteServer();
  using peer = await SocketPeer.connect(server.url);
  peer.send(hello({ capabilities: ["camera"] }));
  const { satellite } = await server.joined(0);

  const picture = satellite.captureImage(never);
  await server.clock.advance(10_000);

  expect(await picture).toBeUndefined();
  expect(server.clock.sleeping).toBe(0);
});

test("an image by address, of another format or for another request is no picture", async () => {
  await using server = satelliteServer();
  using peer = await SocketPeer.connect(server.url);
  peer.send(hello({ capabilities: ["camera"] }));
  const { satellite } = await server.joined(0);

  const byUrl = satellite.captureImage(never);
  peer.send({ type: "image", payload: { url: "http://192.168.1.9/cam.jpg" } });
  expect(await byUrl).toBeUndefined();
  const notJpeg = satellite.captureImage(never);
  peer.send({ type: "image", payload: { data: "aGVsbG8=" } });
  expect(await notJpeg).toBeUndefined();
  const right = satellite.captureImage(never);
  peer.send({ type: "image", payload: { request: "image-0", data: "aGVsbG8=" } });
  peer.send({ type: "image", payload: { data: JPEG } });

  expect(await right).toEqual(new Uint8Array(Buffer.from(JPEG, "base64")));
  expect(satellite.status()).toMatchObject({ error_count: 2, last_error: "image is not a JPEG" });
});

test("two who ask for a picture at once share it, and one of them may give up", async () => {
  await using server = satelliteServer();
  using peer = await SocketPeer.connect(server.url);
  peer.send(hello({ capabilities: ["camera"] }));
  const { satellite } = await server.joined(0);
  const controller = new AbortController();
  const reason = new Error("stop");

  const given = satellite.captureImage(controller.signal);
  const kept = satellite.captureImage(never);
  controller.abort(reason);
  await expect(given).rejects.toBe(reason);
  peer.send({ type: "image", payload: { data: JPEG } });

  expect(await kept).toBeInstanceOf(Uint8Array);
  satellite.command({ command: "identify" });
  await peer.until(({ received }) => JSON.stringify(received).includes("identify"));
  const commands = peer.messages.filter((message) => JSON.stringify(message).includes("server_command"));
  expect(commands).toHaveLength(2);
});
