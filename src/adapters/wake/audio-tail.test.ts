import { expect, test } from "bun:test";
import { AudioTail } from "./audio-tail.ts";

function pushed(...chunks: number[][]): number[] {
  const tail = new AudioTail(5);
  for (const chunk of chunks) tail.push(Int16Array.from(chunk));
  return [...tail.samples()];
}

test("what fits is kept whole", () => {
  expect(pushed([1, 2], [3])).toEqual([1, 2, 3]);
});

test("beyond that the oldest samples make room, in order", () => {
  expect(pushed([1, 2, 3], [4, 5, 6])).toEqual([2, 3, 4, 5, 6]);
  expect(pushed([1, 2, 3], [4, 5], [6, 7, 8, 9])).toEqual([5, 6, 7, 8, 9]);
});

test("exactly as many as fit are all kept", () => {
  expect(pushed([1, 2, 3, 4, 5])).toEqual([1, 2, 3, 4, 5]);
});

test("a cleared tail is empty", () => {
  const tail = new AudioTail(5);
  tail.push(Int16Array.of(1, 2, 3, 4));

  tail.clear();

  expect([...tail.samples()]).toEqual([]);
});
