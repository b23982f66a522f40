import { expect, test } from "bun:test";
import { prefetch } from "#core/prefetch.ts";

async function* counting(upTo: number, made: number[]): AsyncGenerator<number, void, undefined> {
  try {
    for (let i = 0; i < upTo; i++) {
      made.push(i);
      await Promise.resolve();
      yield i;
    }
  } finally {
    made.push(-1);
  }
}

test("everything arrives, in order", async () => {
  expect(await Array.fromAsync(prefetch(counting(20, []), 3))).toEqual(
    Array.from({ length: 20 }, (_, i) => i),
  );
});

test("at most the limit is made ahead of the consumer", async () => {
  const made: number[] = [];
  const items = prefetch(counting(20, made), 3);

  await items.next();
  for (let i = 0; i < 50; i++) await Promise.resolve();

  expect(made).toEqual([0, 1, 2, 3]);
  await items.return(undefined);
});

test("leaving early returns the source", async () => {
  const made: number[] = [];
  for await (const item of prefetch(counting(20, made), 2)) if (item === 1) break;

  expect(made.at(-1)).toBe(-1);
});

test("an error of the source comes after the items made before it", async () => {
  async function* failing(): AsyncGenerator<number, void, undefined> {
    yield 1;
    await Promise.resolve();
    throw new Error("dry");
  }
  const seen: number[] = [];

  const consume = (async () => {
    for await (const item of prefetch(failing(), 4)) seen.push(item);
  })();

  await expect(consume).rejects.toThrow("dry");
  expect(seen).toEqual([1]);
});
