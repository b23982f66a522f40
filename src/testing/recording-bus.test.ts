import { expect, test } from "bun:test";
import { RecordingBus } from "./recording-bus.ts";

const forever = new AbortController().signal;

test("an event published from a handler reaches every subscriber after the one that caused it", () => {
  const bus = new RecordingBus();
  const first: string[] = [];
  const second: string[] = [];
  bus.onAny({ name: "first", signal: forever }, (event) => {
    first.push(event.type);
    if (event.type === "speech_start") bus.publish({ type: "speech_end", duration_ms: 20 });
  });
  bus.onAny({ name: "second", signal: forever }, (event) => second.push(event.type));

  bus.publish({ type: "speech_start" });

  expect(first).toEqual(["speech_start", "speech_end"]);
  expect(second).toEqual(first);
});

test("an aborted subscription hears nothing more", () => {
  const bus = new RecordingBus();
  const controller = new AbortController();
  const heard: number[] = [];
  bus.on("speech_end", { name: "ears", signal: controller.signal }, (event) => heard.push(event.duration_ms));

  bus.publish({ type: "speech_end", duration_ms: 1 });
  controller.abort();
  bus.publish({ type: "speech_end", duration_ms: 2 });

  expect(heard).toEqual([1]);
  expect(bus.of("speech_end").map((event) => event.duration_ms)).toEqual([1, 2]);
});

test("an invalid draft throws and is not recorded", () => {
  const bus = new RecordingBus();

  expect(() => bus.publish({ type: "speech_end", duration_ms: -1 })).toThrow("duration_ms");
  expect(bus.events).toEqual([]);
});
