import { expect, test } from "bun:test";
import type { ProcessReading } from "#ports/process-figures.ts";
import type { Rollup } from "#ports/rollup-store.ts";
import { FakeClock } from "#testing/fake-clock.ts";
import { RecordingBus } from "#testing/recording-bus.ts";
import { createInstruments } from "./instruments.ts";
import { observe } from "./observe.ts";
import { MinuteRollups } from "./rollups.ts";

const CALM: ProcessReading = { memoryMb: 80, cpuPercent: 1, loopDelay: { meanMs: 1, p99Ms: 2, maxMs: 3 } };
const HELD: ProcessReading = { ...CALM, loopDelay: { meanMs: 1, p99Ms: 2, maxMs: 80 } };

function observed(read: () => ProcessReading) {
  const bus = new RecordingBus();
  const clock = new FakeClock(1_800_000_000_000 + 20_000);
  const stop = new AbortController();
  const rollups = new MinuteRollups(() => clock.wallMs());
  const stored: Rollup[] = [];
  const instruments = createInstruments({ bus, clock, onOperation: (operation) => rollups.add(operation) });
  const ended = observe({
    bus,
    clock,
    instruments,
    rollups,
    figures: { read, [Symbol.dispose]: () => undefined },
    store: {
      write: (minute) => void stored.push(...minute),
      read: () => stored,
      [Symbol.dispose]: () => undefined,
    },
    onReading: () => undefined,
    signal: stop.signal,
  });
  return { bus, clock, instruments, stored, stop: () => stop.abort(), ended };
}

test("what the process uses is published at once and every 5 s", async () => {
  const { bus, clock, stop, ended } = observed(() => CALM);

  await clock.advance(10_000);
  stop();
  await ended;

  expect(bus.of("system_metrics").map(({ uptime_seconds }) => uptime_seconds)).toEqual([0, 5, 10]);
  expect(bus.of("performance_alert")).toEqual([]);
  expect(clock.sleeping).toBe(0);
});

test("figures that cannot be read are tried again after a second", async () => {
  let failures = 2;
  const { bus, clock, stop, ended } = observed(() => {
    failures -= 1;
    if (failures >= 0) throw new Error("no /proc");
    return CALM;
  });

  await clock.advance(2000);
  stop();
  await ended;

  expect(bus.of("system_metrics")).toHaveLength(1);
});

test("an event loop that is held raises an alert, at most one a minute", async () => {
  const { bus, clock, stop, ended } = observed(() => HELD);

  await clock.advance(60_000);
  stop();
  await ended;

  expect(bus.of("performance_alert")).toMatchObject([
    { alert_id: "event-loop-1", metric_name: "event_loop_delay_ms", current_value: 80, threshold_value: 50 },
    { alert_id: "event-loop-2", severity: "warning" },
  ]);
});

test("every minute's operations are kept when the minute ends, and the last ones when the hub does", async () => {
  const { clock, instruments, stored, stop, ended } = observed(() => CALM);
  instruments.countOperation("turn", "think", 100);
  await clock.advance(40_000);
  const first = stored.splice(0);
  instruments.countOperation("turn", "think", 300);
  stop();
  await ended;

  expect(first).toMatchObject([{ minute: 1_800_000_000, operation: "turn.think", count: 1, max_ms: 100 }]);
  expect(stored).toMatchObject([{ minute: 1_800_000_060, operation: "turn.think", max_ms: 300 }]);
});
