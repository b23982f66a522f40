import { expect, test } from "bun:test";
import { BoundedQueue } from "#core/bounded-queue.ts";

test("items pushed before and while somebody reads arrive in order", async () => {
  const queue = new BoundedQueue<number>(10, "drop-oldest");
  queue.push(1);
  const read = Array.fromAsync(queue);
  await Promise.resolve();
  queue.push(2);
  queue.push(3);
  queue.end();

  expect(await read).toEqual([1, 2, 3]);
});

test("a full queue drops its oldest item and counts it", async () => {
  const queue = new BoundedQueue<number>(2, "drop-oldest");
  const kept = [queue.push(1), queue.push(2), queue.push(3)];
  queue.end();

  expect(kept).toEqual([true, true, false]);
  expect(queue.dropped).toBe(1);
  expect(await Array.fromAsync(queue)).toEqual([2, 3]);
});

test("a full queue that drops the newest keeps what waits", async () => {
  const queue = new BoundedQueue<number>(2, "drop-newest");
  for (const item of [1, 2, 3]) queue.push(item);
  queue.end();

  expect(await Array.fromAsync(queue)).toEqual([1, 2]);
});

test("a failure is thrown after what was pushed before it", async () => {
  const queue = new BoundedQueue<number>(5, "drop-oldest");
  queue.push(1);
  queue.fail(new Error("gone"));
  const seen: number[] = [];

  const read = (async () => {
    for await (const item of queue) seen.push(item);
  })();

  await expect(read).rejects.toThrow("gone");
  expect(seen).toEqual([1]);
});

test("nothing is taken after the end", () => {
  const queue = new BoundedQueue<number>(5, "drop-oldest");
  queue.end();

  expect(queue.push(1)).toBe(false);
  expect(queue.size).toBe(0);
});
