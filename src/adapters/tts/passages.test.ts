import { expect, test } from "bun:test";
import { passages } from "./passages.ts";

test("short text stays whole", () => {
  expect(passages("  It is ten past nine.  ", 40)).toEqual(["It is ten past nine."]);
});

test("long text is cut after a sentence where one ends in time", () => {
  expect(passages("One is done. Two goes on and on, and on.", 30)).toEqual([
    "One is done.",
    "Two goes on and on, and on.",
  ]);
});

test("a long sentence is cut after a clause, else at a space", () => {
  expect(passages("turn the kitchen light on, then off again", 30)).toEqual([
    "turn the kitchen light on,",
    "then off again",
  ]);
  expect(passages("turn the kitchen light on then off", 12)).toEqual([
    "turn the",
    "kitchen",
    "light on",
    "then off",
  ]);
});

test("a word longer than the limit is cut in the middle and nothing is lost", () => {
  const word = "x".repeat(25);

  expect(passages(word, 10)).toEqual(["x".repeat(10), "x".repeat(10), "x".repeat(5)]);
});

test("every passage keeps to the limit and every word comes through in order", () => {
  const text = Array.from({ length: 300 }, (_, n) => `word${n}${n % 17 === 0 ? "." : ""}`).join(" ");
  const cut = passages(text, 120);

  expect(Math.max(...cut.map((passage) => passage.length))).toBeLessThanOrEqual(120);
  expect(cut.join(" ")).toBe(text);
});

test("blank text has no passages", () => {
  expect(passages(" \n ", 10)).toEqual([]);
});
