import { expect, test } from "bun:test";
import fc from "fast-check";
import { parseSatelliteText, SatelliteHello, ServerMessage } from "./satellite.ts";

function parse(message: unknown) {
  return parseSatelliteText(JSON.stringify(message));
}

test("every message of the payload dialect is read", () => {
  const messages = [
    { type: "client_status", payload: { uptime_ms: 12_000, heap_free: 50_123, wifi_rssi: -61 } },
    {
      type: "client_status",
      payload: { uptime_ms: 12_000, heap_free: 50_123, wifi_rssi: -61, battery: 0.8 },
    },
    { type: "event", payload: { source: "button", action: "pressed" } },
    { type: "event", payload: { source: "wake", action: "detected", phrase: "hey tars", score: 0.9 } },
    { type: "playback_position", payload: { turn: "turn-1", samples: 320 } },
    { type: "playback_complete", payload: { turn: "turn-1" } },
    { type: "playback_complete", payload: {} },
    { type: "image", payload: { request: "image-1", data: "/9j/4AAQ", mime: "image/jpeg" } },
    { type: "text", payload: { text: "what time is it" } },
    { type: "session_end", payload: {} },
  ];

  for (const message of messages)
    expect<unknown>(parse(message)).toEqual({ ok: true, dialect: "payload", message });
});

test("a hello may be empty and then means the plan's ESP32", () => {
  expect(parse({ type: "hello", payload: {} })).toEqual({
    ok: true,
    dialect: "payload",
    message: { type: "hello", payload: { protocol: 1, speaker_buffer_ms: 500, capabilities: [] } },
  });
  expect(SatelliteHello.safeParse({ speaker_buffer_ms: 5 }).success).toBe(false);
});

test("the Pi client's flat messages are read into the same messages", () => {
  expect(parse({ type: "hotword_detected" })).toEqual({
    ok: true,
    dialect: "flat",
    message: { type: "event", payload: { source: "wake", action: "detected" } },
  });
  expect(parse({ type: "playback_complete" })).toEqual({
    ok: true,
    dialect: "flat",
    message: { type: "playback_complete", payload: {} },
  });
  expect(parse({ type: "session_end" })).toEqual({
    ok: true,
    dialect: "flat",
    message: { type: "session_end", payload: {} },
  });
});

test("each kind of nonsense is named without being quoted", () => {
  const problems = [
    "turn on the lamp",
    "[]",
    "{}",
    '{"type":"warp"}',
    '{"type":"toString"}',
    '{"type":"warp","payload":{}}',
    '{"type":"event"}',
    '{"type":"event","payload":null}',
    '{"type":"event","payload":{"source":"lamp"}}',
    '{"type":"client_status","payload":{"uptime_ms":1,"heap_free":"lamp","wifi_rssi":-1}}',
    '{"type":"image","payload":{"url":"file:///etc/passwd"}}',
  ].map((text) => parseSatelliteText(text));

  expect(problems).toEqual(
    [
      "not JSON",
      'no "type"',
      'no "type"',
      "unknown type",
      "unknown type",
      "unknown type",
      'no "payload"',
      "bad payload",
      "bad payload.action",
      "bad payload.heap_free",
      "bad payload.url",
    ].map((problem) => ({ ok: false, problem })),
  );
});

test("no text whatsoever makes reading it throw or quote it", () => {
  const types = ["hello", "event", "client_status", "image", "text", "playback_position", "warp"];
  const message = fc.record({ type: fc.constantFrom(...types), payload: fc.jsonValue() });
  const text = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.json(),
    message.map((one) => JSON.stringify(one)),
  );

  fc.assert(
    fc.property(text, (anything) => {
      const parsed = parseSatelliteText(anything);
      return (
        parsed.ok || /^(not JSON|no "(type|payload)"|unknown type|bad [a-z_.0-9]+)$/.test(parsed.problem)
      );
    }),
    { numRuns: 2_000 },
  );
});

test("every example of docs/protocol.md is a message of this protocol", async () => {
  const doc = await Bun.file(new URL("../../docs/protocol.md", import.meta.url)).text();
  const section = /\n## The satellite link\n([\s\S]*?)(?=\n## |$)/.exec(doc)?.[1] ?? "";
  const blocks = [...section.matchAll(/```json (up|down)\n([\s\S]*?)```/g)];

  const unread = blocks.flatMap(([, direction, body = ""]) =>
    body
      .trim()
      .split("\n")
      .filter((line) =>
        direction === "up"
          ? !parseSatelliteText(line).ok
          : !ServerMessage.safeParse(JSON.parse(line)).success,
      ),
  );

  expect(blocks.length).toBeGreaterThan(10);
  expect(unread).toEqual([]);
});
