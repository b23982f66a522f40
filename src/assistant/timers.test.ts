import { expect, test } from "bun:test";
import type { Log, LogFields } from "#ports/log.ts";
import { FakeClock } from "#testing/fake-clock.ts";
import { createTimers, MAX_TIMERS, type Timer } from "./timers.ts";

function setUp(onRing?: (timer: Timer) => void) {
  const clock = new FakeClock();
  const rung: { name: string | undefined; atMs: number }[] = [];
  const errors: [string, LogFields | undefined][] = [];
  const silent = () => {};
  const log: Log = {
    debug: silent,
    info: silent,
    warn: silent,
    error: (message, fields) => errors.push([message, fields]),
  };
  let ids = 0;
  const timers = createTimers({
    clock,
    log,
    newId: (prefix) => `${prefix}-${++ids}`,
    onRing: onRing ?? (({ name }) => rung.push({ name, atMs: clock.now() })),
  });
  return { clock, rung, errors, timers };
}

const egg = { satelliteId: "kitchen", durationMs: 5000, name: "egg" };

test("a timer rings once, when it is due, and is gone from the list", async () => {
  const { clock, rung, timers } = setUp();
  timers.set(egg);

  await clock.advance(4999);
  expect(rung).toEqual([]);
  await clock.advance(100_000);

  expect(rung).toEqual([{ name: "egg", atMs: 5000 }]);
  expect(timers.list("kitchen")).toEqual([]);
});

test("several timers ring in the order they are due", async () => {
  const { clock, rung, timers } = setUp();
  timers.set({ ...egg, durationMs: 9000, name: "rice" });
  timers.set(egg);
  timers.set({ ...egg, satelliteId: "office", durationMs: 7000, name: "tea" });

  expect(timers.list("kitchen").map(({ name }) => name)).toEqual(["egg", "rice"]);
  await clock.advance(10_000);

  expect(rung.map(({ name }) => name)).toEqual(["egg", "tea", "rice"]);
});

test("setting the wall clock moves no timer", async () => {
  const { clock, rung, timers } = setUp();
  const timer = timers.set(egg) as Timer;

  clock.jumpWall(3_600_000);
  await clock.advance(2000);

  expect(rung).toEqual([]);
  expect(timers.remainingMs(timer)).toBe(3000);
});

test("a cancelled timer does not ring and cannot be cancelled again", async () => {
  const { clock, rung, timers } = setUp();
  const timer = timers.set(egg) as Timer;

  expect(timers.cancel(timer.id)).toBe(true);
  expect(timers.cancel(timer.id)).toBe(false);
  await clock.advance(10_000);

  expect(rung).toEqual([]);
  expect(clock.sleeping).toBe(0);
  expect(timers.remainingMs(timer)).toBe(0);
});

test("a satellite has fifty timers at most, another has its own fifty", () => {
  const { timers } = setUp();
  for (let count = 0; count < MAX_TIMERS; count++) timers.set(egg);

  expect(timers.set(egg)).toBeUndefined();
  expect(timers.set({ ...egg, satelliteId: "office" })).toBeDefined();
});

test("durations nobody can mean are refused", () => {
  const { timers } = setUp();

  for (const durationMs of [0, 999, 86_400_001, Number.NaN]) {
    expect(() => timers.set({ ...egg, durationMs })).toThrow(RangeError);
  }
});

test("a ring that throws is logged without the name and the next timer still rings", async () => {
  const rung: (string | undefined)[] = [];
  const { clock, errors, timers } = setUp(({ name }) => {
    if (name === "egg") throw new TypeError("egg is private");
    rung.push(name);
  });
  timers.set(egg);
  timers.set({ ...egg, durationMs: 6000, name: "tea" });

  await clock.advance(10_000);

  expect(rung).toEqual(["tea"]);
  expect(errors).toEqual([["a timer could not ring", { satelliteId: "kitchen", fault: "TypeError" }]]);
});

test("something thrown that is no error is logged as unknown", async () => {
  const { clock, errors, timers } = setUp(() => {
    // biome-ignore lint/style/useThrowOnlyError: code behind a callback may throw anything
    throw "egg";
  });
  timers.set(egg);

  await clock.advance(10_000);

  expect(errors.map(([, fields]) => fields)).toEqual([{ satelliteId: "kitchen", fault: "unknown" }]);
});

test("disposing stops all timers without ringing and takes no more", async () => {
  const { clock, rung, timers } = setUp();
  timers.set(egg);
  timers.set({ ...egg, name: "tea" });

  await timers[Symbol.asyncDispose]();
  await clock.advance(10_000);

  expect(rung).toEqual([]);
  expect(clock.sleeping).toBe(0);
  expect(() => timers.set(egg)).toThrow("disposed");
});
