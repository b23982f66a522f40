import { expect, test } from "bun:test";
import { processFigures } from "./process-figures.ts";
import { systemClock } from "./system-clock.ts";

/** Let the event loop go round, so that its delay is looked at. */
function oneMoment(): Promise<void> {
  return systemClock.sleep(50, new AbortController().signal);
}

test("a process that works for 100 ms shows it in its CPU and in its event loop's delay", async () => {
  using figures = processFigures(systemClock);
  await oneMoment();
  const first = figures.read();

  const until = performance.now() + 100;
  while (performance.now() < until) JSON.stringify(first);
  await oneMoment();
  const second = figures.read();

  expect(first.cpuPercent).toBe(0);
  expect(first.memoryMb).toBeGreaterThan(10);
  expect(second.cpuPercent).toBeGreaterThan(30);
  expect(second.loopDelay.maxMs).toBeGreaterThan(60);
});

test("every reading tells of the time since the one before", async () => {
  using figures = processFigures(systemClock);
  const until = performance.now() + 100;
  while (performance.now() < until);
  await oneMoment();
  figures.read();

  await oneMoment();

  expect(figures.read().loopDelay.maxMs).toBeLessThan(60);
});
