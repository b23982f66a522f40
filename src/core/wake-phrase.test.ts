import { expect, test } from "bun:test";
import { speaksPhrase, withoutWakePhrase } from "#core/wake-phrase.ts";

test("the leading words of the phrase go", () => {
  expect(withoutWakePhrase("hey tars what time is it", "hey tars")).toBe("what time is it");
});

test("a phrase of which only the end was heard goes too, whatever its case", () => {
  expect(withoutWakePhrase("Tars, stop", "Hey Tars")).toBe("stop");
});

test("the same words later in the utterance stay", () => {
  expect(withoutWakePhrase("who is tars", "hey tars")).toBe("who is tars");
});

test("nothing but the phrase leaves nothing", () => {
  expect(withoutWakePhrase("computer", "computer")).toBe("");
  expect(withoutWakePhrase("", "computer")).toBe("");
});

test("speaking a wake phrase is noticed whatever its case and punctuation", () => {
  expect(speaksPhrase("You can say: “Hey, Tars!”", ["hey tars"])).toBe(true);
  expect(speaksPhrase("They hey tarsier", ["hey tars"])).toBe(false);
});
