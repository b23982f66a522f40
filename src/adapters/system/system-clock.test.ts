import { expect, test } from "bun:test";
import { systemClock } from "./system-clock.ts";

const never = new AbortController().signal;

test("sleeping no time lets the event loop turn, and nothing else", async () => {
  const order: string[] = [];
  setTimeout(() => order.push("a timer of 5 ms"), 5);
  setImmediate(() => order.push("the event loop"));

  await systemClock.sleep(0, never);
  order.push("the sleeper");

  expect(order).toEqual(["the event loop", "the sleeper"]);
});

test("a sleep takes at least its time", async () => {
  const startedAt = systemClock.now();

  await systemClock.sleep(5, never);

  expect(systemClock.now() - startedAt).toBeGreaterThanOrEqual(4.5);
});

for (const ms of [0, 1000]) {
  test(`a sleep of ${ms} ms that is aborted rejects with the reason`, async () => {
    const controller = new AbortController();
    const reason = new Error("enough");

    const sleeping = systemClock.sleep(ms, controller.signal);
    controller.abort(reason);

    await expect(sleeping).rejects.toBe(reason);
    await expect(systemClock.sleep(ms, controller.signal)).rejects.toBe(reason);
  });
}
