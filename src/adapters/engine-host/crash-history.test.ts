import { expect, test } from "bun:test";
import { CrashHistory } from "./crash-history.ts";

test("each crash in a row doubles the wait, up to ten seconds", () => {
  const history = new CrashHistory();
  // 61 s apart, so that they are no loop.
  const delays = Array.from({ length: 8 }, (_, i) => history.crashed(i * 61_000, 0).delayMs);

  expect(delays).toEqual([200, 400, 800, 1600, 3200, 6400, 10_000, 10_000]);
});

test("a child that served half a minute starts the count anew", () => {
  const history = new CrashHistory();
  history.crashed(0, 0);
  history.crashed(1000, 0);

  expect(history.crashed(40_000, 30_000)).toEqual({ attempt: 1, delayMs: 200, looping: false });
});

test("the fifth crash within a minute is a loop, and waits the longest", () => {
  const history = new CrashHistory();
  const restarts = [0, 1000, 2000, 3000, 59_000].map((at) => history.crashed(at, 900));

  expect(restarts.map(({ looping }) => looping)).toEqual([false, false, false, false, true]);
  expect(restarts.at(-1)).toEqual({ attempt: 5, delayMs: 10_000, looping: true });
});

test("five crashes over more than a minute are no loop", () => {
  const history = new CrashHistory();
  const restarts = [0, 1000, 2000, 3000, 60_000].map((at) => history.crashed(at, 900));

  expect(restarts.at(-1)?.looping).toBe(false);
});
