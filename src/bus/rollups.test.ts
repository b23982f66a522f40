import { expect, test } from "bun:test";
import fc from "fast-check";
import { DurationSketch } from "./duration-sketch.ts";
import { MinuteRollups } from "./rollups.ts";

test("a quantile is within 1 % of the true one, the maximum exact", () => {
  fc.assert(
    fc.property(
      fc.array(fc.double({ min: 0.01, max: 100_000, noNaN: true }), { minLength: 1, maxLength: 300 }),
      fc.constantFrom(0.5, 0.95, 1),
      (durations, share) => {
        const sketch = new DurationSketch();
        for (const ms of durations) sketch.add(ms);
        const sorted = durations.toSorted((a, b) => a - b);
        const exact = sorted[Math.ceil(share * sorted.length) - 1] ?? 0;

        expect(Math.abs(sketch.quantileMs(share) - exact)).toBeLessThanOrEqual(exact * 0.0101);
        expect(sketch.maxMs).toBe(sorted.at(-1) ?? 0);
      },
    ),
  );
});

test("a minute's rollups carry the minute, the count, the quantiles and the maximum of each operation", () => {
  let wallMs = 1_800_000_030_000;
  const rollups = new MinuteRollups(() => wallMs);
  for (const durationMs of [10, 20, 30, 1000])
    rollups.add({ component: "turn", operation: "think", durationMs });
  rollups.add({ component: "journal", operation: "commit", durationMs: 4 });
  wallMs += 30_000;

  const [think, commit] = rollups.take();

  expect(think).toMatchObject({ minute: 1_800_000_000, operation: "turn.think", count: 4, max_ms: 1000 });
  expect(think?.p50_ms).toBeCloseTo(20, 0);
  expect(commit).toMatchObject({ operation: "journal.commit", count: 1, max_ms: 4 });
  expect(rollups.take()).toEqual([]);
});

test("a minute ends with the calendar's, and at once when the clock is put back", () => {
  let wallMs = 1_800_000_015_000;
  const rollups = new MinuteRollups(() => wallMs);

  const before = rollups.endsInMs;
  wallMs += 50_000;
  const after = rollups.endsInMs;
  wallMs -= 86_400_000;

  expect([before, after, rollups.endsInMs]).toEqual([45_000, 0, 0]);
});
