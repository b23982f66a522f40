import { expect, test } from "bun:test";
import type { EventDraft } from "#events/hub-event.ts";
import { RecordingBus } from "#testing/recording-bus.ts";
import { EventLines } from "./event-line.ts";

/** The lines of these drafts, without their time. */
function told(...drafts: EventDraft[]): string[] {
  const bus = new RecordingBus();
  const lines = new EventLines();
  return drafts.map((draft) => {
    const { where, text } = lines.line(bus.publish(draft));
    return `${where}: ${text}`;
  });
}

test("a turn reads like a story", () => {
  const here = { satellite_id: "sat-1", turn_id: "t1" };
  const trace = {
    total_ms: 3210,
    segments: [
      { name: "speak", ms: 1200 },
      { name: "endpoint", ms: 700 },
      { name: "reply", ms: 1310 },
    ],
  };

  const story = told(
    {
      type: "satellite_connected",
      room: "kitchen",
      remote_address: "10.0.0.7",
      dialect: "hearth",
      firmware: "1.2",
      satellite_id: "sat-1",
    },
    { type: "wake_detected", phrase: "hey tars", score: 0.91, source: "hub", ...here },
    { type: "stt_result", text: "what time is it", confidence: 0.94, duration_ms: 1200, ...here },
    { type: "decision", by: "intent", intent: "time", reason: "matched", ...here },
    { type: "tts_start", text: "It is noon.", voice_id: "en", engine: "espeak-ng", ...here },
    { type: "turn_end", reason: "answered", trace, ...here },
    { type: "timer_set", timer_id: "x", name: "tea", duration_ms: 240_000, ...here },
  );

  expect(story).toEqual([
    "kitchen: connected from 10.0.0.7, firmware 1.2",
    "kitchen: woken by “hey tars” (0.91)",
    "kitchen: heard “what time is it” (0.94)",
    "kitchen: understood: time",
    "kitchen: says “It is noon.”",
    "kitchen: turn answered after 3.2 s (reply 1.3 s, speak 1.2 s, endpoint 700 ms)",
    "kitchen: timer “tea” set (240 s)",
  ]);
});

test("an event without a sentence of its own is told by its fields", () => {
  expect(told({ type: "home_state", entity_id: "lamp", state: "on" })).toEqual([
    "hub: home_state entity_id=lamp state=on",
  ]);
});

test("what came from elsewhere cannot steer the terminal or flood it", () => {
  const [line] = told({
    type: "stt_result",
    text: `\x1b[2Jred\nalert\u202e ${"x".repeat(500)}`,
    confidence: 1,
    duration_ms: 1,
  });

  expect(line).toStartWith("hub: heard “[2Jred alert  xxx");
  expect(line).not.toMatch(/\p{Cc}|\p{Cf}/u);
  expect(line?.length).toBeLessThan(200);
});
