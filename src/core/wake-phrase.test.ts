import { expect, test } from "bun:test";
import { speaksPhrase, withoutWakePhrase } from "#core/wake-phrase.ts";

const timed = (...words: [text: string, startMs: number][]) =>
  words.map(([text, startMs]) => ({ text, startMs }));
const untimed = (text: string) => text.split(" ").map((word) => ({ text: word, startMs: undefined }));

test("words recognised before the phrase ended belong to it, whatever they were taken for", () => {
  const words = timed(["come", 200], ["putter", 500], ["what", 1000], ["time", 1200]);

  expect(withoutWakePhrase(words, "computer", 900)).toEqual(["what", "time"]);
});

test("without times the leading words of the phrase go", () => {
  expect(withoutWakePhrase(untimed("hey tars what time is it"), "hey tars", undefined)).toEqual([
    "what",
    "time",
    "is",
    "it",
  ]);
});

test("a phrase of which only the end was transcribed goes too", () => {
  expect(withoutWakePhrase(untimed("tars stop"), "Hey Tars", undefined)).toEqual(["stop"]);
});

test("the same words later in the utterance stay", () => {
  const words = untimed("who is tars");

  expect(withoutWakePhrase(words, "hey tars", undefined)).toEqual(["who", "is", "tars"]);
});

test("speaking a wake phrase is noticed whatever its case and punctuation", () => {
  expect(speaksPhrase("You can say: “Hey, Tars!”", ["hey tars"])).toBe(true);
  expect(speaksPhrase("They hey tarsier", ["hey tars"])).toBe(false);
});
