import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { FRAME_SAMPLES } from "#core/pcm.ts";
import type { HostMessage, HubMessage } from "./engine-host.ts";
import { isHostMessage, isHubMessage, MessageBatch, readMessage } from "./engine-host-codec.ts";
import { LengthPrefixDecoder, MAX_PAYLOAD_BYTES, ProtocolError } from "./length-prefix.ts";

const stream = fc.integer({ min: 0, max: 0xffff_ffff });
const samples = (length: number) =>
  fc.int16Array({ minLength: length, maxLength: length }).map((array) => new Int16Array(array));
const phrases = fc.array(
  fc.record({ text: fc.string(), sensitivity: fc.double({ min: 0, max: 1, noNaN: true }) }),
  { maxLength: 4 },
);
/** -0 becomes 0 in JSON. */
const index = fc.nat();

const anyHubMessage: fc.Arbitrary<HubMessage> = fc.oneof(
  fc.record({ kind: fc.constant("open-ear"), stream, phrases }),
  fc.record({ kind: fc.constant("ear-frame"), stream, firstSample: index, pcm: samples(FRAME_SAMPLES) }),
  fc.record({ kind: fc.constant("stt-frame"), stream, pcm: samples(FRAME_SAMPLES) }),
  fc.record({ kind: fc.constant("finish-stt"), stream }),
  fc.record({
    kind: fc.constant("speak"),
    stream,
    text: fc.string({ unit: "grapheme" }),
    voice: fc.string(),
  }),
  fc.record({ kind: fc.constant("ping"), stream, id: fc.nat() }),
) as fc.Arbitrary<HubMessage>;

const anyHostMessage: fc.Arbitrary<HostMessage> = fc.oneof(
  fc.record({ kind: fc.constant("voice"), stream, score: fc.constantFrom(0, 0.25, 1), endSample: index }),
  fc.record({
    kind: fc.constant("wake"),
    stream,
    phrase: fc.string(),
    score: fc.constant(0.5),
    startSample: index,
    endSample: index,
  }),
  fc.record({ kind: fc.constant("audio"), stream, samples: samples(77) }),
  fc.record({
    kind: fc.constant("stt-part"),
    stream,
    part: fc.record({ kind: fc.constant("interim"), text: fc.string(), confidence: fc.constant(0.5) }),
  }),
  fc.record({ kind: fc.constant("consumed"), stream, amount: fc.nat() }),
  fc.record({ kind: fc.constant("pong"), stream, id: fc.nat(), rssBytes: fc.nat() }),
) as fc.Arbitrary<HostMessage>;

const anyMessages = fc.array(fc.oneof(anyHubMessage, anyHostMessage), { maxLength: 12 });

function decoded(chunks: readonly Uint8Array[]): (HubMessage | HostMessage)[] {
  const decoder = new LengthPrefixDecoder();
  const messages: (HubMessage | HostMessage)[] = [];
  for (const chunk of chunks) {
    decoder.push(chunk, (kind, id, payload) => messages.push(readMessage(kind, id, payload)));
  }
  return messages;
}

function encoded(messages: readonly (HubMessage | HostMessage)[]): Uint8Array {
  const batch = new MessageBatch();
  for (const message of messages) batch.add(message);
  return batch.take();
}

function cut(bytes: Uint8Array, sizes: readonly number[]): Uint8Array[] {
  const chunks: Uint8Array[] = [];
  let offset = 0;
  for (const size of sizes) {
    chunks.push(bytes.subarray(offset, offset + size));
    offset += size;
  }
  chunks.push(bytes.subarray(offset));
  return chunks;
}

describe("the engine host's messages", () => {
  test("arrive whole, in order, however the pipe cuts them", () => {
    fc.assert(
      fc.property(anyMessages, fc.array(fc.nat({ max: 900 })), (messages, sizes) => {
        expect(decoded(cut(encoded(messages), sizes))).toEqual(messages);
      }),
    );
  });

  test("arrive whole when every byte comes alone", () => {
    const message: HubMessage = { kind: "ping", stream: 0, id: 7 };

    const bytes = encoded([message, message]);

    expect(decoded(Array.from(bytes, (byte) => Uint8Array.of(byte)))).toEqual([message, message]);
  });

  test("carry every kind that JSON describes", () => {
    const messages: (HubMessage | HostMessage)[] = [
      {
        kind: "configure",
        stream: 0,
        configuration: {
          role: "hearing",
          cacheDir: "/var/cache/hearth",
          models: { wake: { encoder: "/models/wake/encoder.onnx" } },
          vad: "silero",
          wake: "hearth",
          stt: ["hearth", "sherpa", "pocketsphinx"],
          tts: [],
          grammar: "#JSGF V1.0;",
        },
      },
      { kind: "set-phrases", stream: 1, phrases: [{ text: "hey tars", sensitivity: 0.5 }] },
      {
        kind: "set-vocabulary",
        stream: 7,
        vocabulary: {
          grammar: {
            intents: [{ name: "time", templates: ["what time is it"] }],
            rules: {},
            before: "[please]",
          },
          names: { device: ["lamp"] },
          spellings: { tv: ["t v"] },
        },
      },
      { kind: "open-utterance", stream: 8, ear: 1, fromSample: 16_000, language: "en" },
      { kind: "open-stt", stream: 2, language: "en" },
      { kind: "close", stream: 2 },
      {
        kind: "ready",
        stream: 0,
        engines: {
          vad: "silero",
          utterances: true,
          stt: ["sherpa"],
          tts: ["espeak-ng"],
          voices: [{ engine: "espeak-ng", id: "en", language: "en", name: "English" }],
          problems: ["pocketsphinx: not installed"],
        },
      },
      {
        kind: "stt-part",
        stream: 2,
        part: { kind: "final", text: "stop", confidence: 0.9, words: [{ text: "stop", startMs: 120 }] },
      },
      {
        kind: "stt-part",
        stream: 8,
        part: { kind: "interim", text: "stop", confidence: 0.9, completeness: "closed" },
      },
      {
        kind: "stt-part",
        stream: 8,
        part: {
          kind: "final",
          text: "stop",
          confidence: 0.9,
          command: { intent: "stop", slots: {}, text: "stop", llr: -0.01 },
        },
      },
      { kind: "wake-score", stream: 1, phrase: "hey tars", score: 0.2, threshold: 0.5, endSample: 5120 },
      { kind: "error", stream: 2, fault: "rejected", detail: "no such voice" },
      { kind: "done", stream: 2 },
    ];

    expect(decoded([encoded(messages)])).toEqual(messages);
  });

  test("a batch that was taken starts afresh and the bytes taken stay as they are", () => {
    const batch = new MessageBatch();
    batch.add({ kind: "ping", stream: 0, id: 1 });

    const first = batch.take();
    batch.add({ kind: "ping", stream: 0, id: 2 });

    expect(decoded([first])).toEqual([{ kind: "ping", stream: 0, id: 1 }]);
    expect(decoded([batch.take()])).toEqual([{ kind: "ping", stream: 0, id: 2 }]);
    expect(batch.byteLength).toBe(0);
  });

  test("a batch grows under any kind of message", () => {
    const pcm = new Int16Array(FRAME_SAMPLES).fill(7);
    const kinds: (HubMessage | HostMessage)[] = [
      { kind: "ear-frame", stream: 1, firstSample: 320, pcm },
      { kind: "stt-frame", stream: 1, pcm },
      { kind: "audio", stream: 1, samples: pcm },
      { kind: "voice", stream: 1, score: 0.5, endSample: 512 },
      { kind: "consumed", stream: 1, amount: 9 },
      { kind: "ping", stream: 0, id: 9 },
      { kind: "pong", stream: 0, id: 9, rssBytes: 1e8 },
      { kind: "done", stream: 1 },
      { kind: "speak", stream: 1, text: "x".repeat(50) },
    ];

    for (const message of kinds) {
      const many = Array.from({ length: 1000 }, () => message);

      expect(decoded([encoded(many)])).toEqual(many);
    }
  });

  test("a payload over the limit is refused before it is sent", () => {
    const batch = new MessageBatch();
    const samplesTooMany = new Int16Array(MAX_PAYLOAD_BYTES / 2 + 1);

    expect(() => batch.add({ kind: "audio", stream: 1, samples: samplesTooMany })).toThrow(ProtocolError);
    expect(batch.byteLength).toBe(0);
  });

  test("a garbage length is refused with an error and nothing is allocated for it", () => {
    const decoder = new LengthPrefixDecoder();

    expect(() => decoder.push(Uint8Array.of(0xff, 0xff, 0xff, 0x7f, 1), () => {})).toThrow(ProtocolError);
    expect(decoder.pendingBytes).toBe(0);
    expect(() => decoder.push(new Uint8Array(4), () => {})).toThrow("broken");
  });

  test("a length too short for kind and stream is refused", () => {
    const decoder = new LengthPrefixDecoder();

    expect(() => decoder.push(Uint8Array.of(4, 0, 0, 0), () => {})).toThrow("a message of 4 bytes");
  });

  test("random bytes either decode or throw a protocol error, and never hold more than they are", () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 200 })), (chunks) => {
        const decoder = new LengthPrefixDecoder();
        let pushedBytes = 0;
        try {
          for (const chunk of chunks) {
            pushedBytes += chunk.byteLength;
            decoder.push(chunk, (kind, id, payload) => readMessage(kind, id, payload));
          }
        } catch (error) {
          expect(error).toBeInstanceOf(ProtocolError);
        }
        expect(decoder.pendingBytes).toBeLessThanOrEqual(pushedBytes);
      }),
    );
  });

  test.each([
    ["an unknown kind", 200, new Uint8Array(0), "unknown kind 200"],
    ["half a frame", 6, new Uint8Array(320), "stt-frame of 320 bytes"],
    ["an odd number of audio bytes", 68, new Uint8Array(3), "odd"],
    ["a done with a payload", 69, new Uint8Array(1), "done of 1 bytes"],
    ["text that is not UTF-8", 8, Uint8Array.of(0xff, 0xfe), "speak is not JSON"],
    ["JSON of another shape", 8, new TextEncoder().encode('{"text":7}'), "bad speak: text"],
  ])("%s is a protocol error", (_, kind, payload, message) => {
    expect(() => readMessage(kind, 1, payload)).toThrow(message);
  });

  test("an error about a payload does not quote it", () => {
    const payload = new TextEncoder().encode('{"text":"the secret", "voice":7}');

    expect(() => readMessage(8, 1, payload)).toThrow(/^bad speak: voice$/);
  });

  test("each side can tell whether a message is meant for it", () => {
    const ping: HubMessage = { kind: "ping", stream: 0, id: 1 };
    const done: HostMessage = { kind: "done", stream: 1 };
    const consumed: HubMessage = { kind: "consumed", stream: 1, amount: 3 };

    expect([ping, done, consumed].map(isHubMessage)).toEqual([true, false, true]);
    expect([ping, done, consumed].map(isHostMessage)).toEqual([false, true, true]);
  });
});
