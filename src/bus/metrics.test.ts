import { expect, test } from "bun:test";
import { Metrics } from "./metrics.ts";

test("metrics are text as Prometheus reads it", () => {
  const metrics = new Metrics();
  const turns = metrics.counter("turns_total", "Turns.");
  const seconds = metrics.histogram("turn_seconds", "How long.\nReally.", [0.1, 1]);
  metrics.asked("gauge", "connected", "Connected now.", () => [{ value: 2 }]);
  turns.add({ reason: 'said "no"\n' });
  turns.add({ reason: "answered" }, 3);
  for (const value of [0.05, 0.1, 0.5, 7]) seconds.observe(value, { stage: "think" });

  expect(metrics.text().split("\n")).toEqual([
    "# HELP turns_total Turns.",
    "# TYPE turns_total counter",
    'turns_total{reason="said \\"no\\"\\n"} 1',
    'turns_total{reason="answered"} 3',
    "# HELP turn_seconds How long.\\nReally.",
    "# TYPE turn_seconds histogram",
    'turn_seconds_bucket{stage="think",le="0.1"} 2',
    'turn_seconds_bucket{stage="think",le="1"} 3',
    'turn_seconds_bucket{stage="think",le="+Inf"} 4',
    'turn_seconds_sum{stage="think"} 7.65',
    'turn_seconds_count{stage="think"} 4',
    "# HELP connected Connected now.",
    "# TYPE connected gauge",
    "connected 2",
    "",
  ]);
});

test("labels without end are summed up as one series", () => {
  const metrics = new Metrics();
  const counter = metrics.counter("things_total", "Things.");

  for (let i = 0; i < 1000; i++) counter.add({ name: `thing-${i}` });

  const lines = metrics
    .text()
    .split("\n")
    .filter((line) => line.startsWith("things_total{"));
  expect(lines).toHaveLength(101);
  expect(lines.at(-1)).toBe('things_total{name="other"} 900');
});
