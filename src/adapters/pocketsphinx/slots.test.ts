import { expect, test } from "bun:test";
import { Cancelled } from "#core/faults.ts";
import { Slots } from "./slots.ts";

const never = new AbortController().signal;

/** Let everything that is ready go on. */
async function settle(): Promise<void> {
  for (let i = 0; i < 5; i++) await Promise.resolve();
}

test("places are given in the order they were asked for, never more than the limit", async () => {
  const slots = new Slots(2);
  const entered: number[] = [];
  const first = await slots.take(never);
  await slots.take(never);
  const third = slots.take(never).then((slot) => {
    entered.push(3);
    return slot;
  });
  slots.take(never).then(() => entered.push(4), undefined);
  await settle();
  expect(entered).toEqual([]);

  first[Symbol.dispose]();
  (await third)[Symbol.dispose]();
  await settle();

  expect(entered).toEqual([3, 4]);
});

test("a place given back twice counts once", async () => {
  const slots = new Slots(1);
  const slot = await slots.take(never);
  slot[Symbol.dispose]();
  slot[Symbol.dispose]();
  await slots.take(never);
  let entered = false;

  slots.take(never).then(() => {
    entered = true;
  }, undefined);
  await settle();

  expect(entered).toBe(false);
});

test("who gives up waiting rejects with the reason and leaves the line", async () => {
  const slots = new Slots(1);
  const held = await slots.take(never);
  const controller = new AbortController();
  const cancelled = new Cancelled("stop");
  const waiting = slots.take(controller.signal);
  const next = slots.take(never);

  controller.abort(cancelled);
  held[Symbol.dispose]();

  await expect(waiting).rejects.toBe(cancelled);
  await expect(next).resolves.toBeDefined();
});
