import { expect, test } from "bun:test";
import { FakeClock } from "#testing/fake-clock.ts";
import { RecordingBus } from "#testing/recording-bus.ts";
import { timeEvents } from "./event-operations.ts";
import { createInstruments, type TimedOperation } from "./instruments.ts";

const forever = new AbortController().signal;
const READING = { memoryMb: 80, cpuPercent: 12, loopDelay: { meanMs: 1, p99Ms: 2, maxMs: 3 } };

function opened() {
  const bus = new RecordingBus();
  const clock = new FakeClock();
  const operations: TimedOperation[] = [];
  const instruments = createInstruments({ bus, clock, onOperation: (one) => operations.push(one) });
  return { bus, clock, operations, instruments };
}

test("an operation's duration is published in milliseconds, with its metadata, and its result returned", async () => {
  const { bus, clock, instruments } = opened();

  const result = instruments.timeOperation("memory", "search", () => "found", { results: 3 });
  const later = instruments.timeOperation("memory", "store", async () => {
    await clock.sleep(250, forever);
    return "stored";
  });
  await clock.advance(250);

  expect([result, await later]).toEqual(["found", "stored"]);
  expect(bus.of("latency_trace")).toMatchObject([
    { component: "memory", operation: "search", duration_ms: 0, metadata: { results: 3 }, session_id: null },
    { component: "memory", operation: "store", duration_ms: 250, metadata: null },
  ]);
});

test("an operation that throws or rejects is published as well, and its error goes on", async () => {
  const { bus, clock, instruments } = opened();

  expect(() =>
    instruments.timeOperation("tool", "break", () => {
      throw new Error("broken");
    }),
  ).toThrow("broken");
  const later = instruments.timeOperation("tool", "break-later", async () => {
    await clock.sleep(40, forever);
    throw new Error("broken later");
  });
  const outcome = later.catch((error: unknown) => String(error));
  await clock.advance(40);

  expect(await outcome).toBe("Error: broken later");
  expect(bus.of("latency_trace")).toMatchObject([
    { operation: "break", duration_ms: 0 },
    { operation: "break-later", duration_ms: 40 },
  ]);
});

test("metrics are published with what each component did since the last time", () => {
  const { bus, clock, instruments } = opened();
  instruments.countOperation("journal", "commit", 4);
  instruments.countOperation("journal", "commit", 6);

  instruments.publishMetrics(READING);
  instruments.publishMetrics(READING);

  expect(clock.now()).toBe(0);
  expect(bus.of("system_metrics")[0]).toMatchObject({
    memory_mb: 80,
    cpu_percent: 12,
    gpu_vram_mb: null,
    uptime_seconds: 0,
    event_loop_delay_ms: 3,
  });
  expect(bus.of("component_timing")).toMatchObject([{ component: "journal", timings: { commit: 6 } }]);
});

test("the summary tells of every operation since the hub began", () => {
  const { instruments } = opened();
  for (const ms of [10, 20, 30]) instruments.countOperation("llm", "generate", ms);

  const { count, last_ms, p50_ms, max_ms } = instruments.summary()["llm.generate"] ?? {};

  expect({ count, last_ms, max_ms }).toEqual({ count: 3, last_ms: 30, max_ms: 30 });
  expect(p50_ms).toBeCloseTo(20, 0);
});

test("the stages of a turn are timed from what it publishes", () => {
  const { bus, operations, instruments } = opened();
  timeEvents(bus, instruments, forever);

  const segments = [
    { name: "speak", ms: 900 },
    { name: "think", ms: 100 },
  ];
  bus.publish({ type: "turn_end", reason: "answered", trace: { total_ms: 1000, segments } });
  bus.publish({ type: "tts_result", duration_ms: 30, audio_duration_ms: 900, success: true });

  expect(operations).toEqual([
    { component: "turn", operation: "speak", durationMs: 900 },
    { component: "turn", operation: "think", durationMs: 100 },
    { component: "turn", operation: "total", durationMs: 1000 },
    { component: "tts", operation: "synthesise", durationMs: 30 },
  ]);
});

test("names without end are summed up as one", () => {
  const { operations, instruments } = opened();

  for (let i = 0; i < 600; i++) instruments.countOperation("tool", `made-up-${i}`, 1);

  expect(new Set(operations.map(({ operation }) => operation)).size).toBe(501);
  expect(operations.at(-1)).toEqual({ component: "other", operation: "other", durationMs: 1 });
});
