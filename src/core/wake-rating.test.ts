import { expect, test } from "bun:test";
import { UnspellableError } from "./unigram.ts";
import { rateWakePhrase, syllablesOf } from "./wake-rating.ts";

const spell = (phrase: string) => {
  const digit = /\d/.exec(phrase);
  if (digit) throw new UnspellableError(phrase, digit[0]);
};
const rate = (phrase: string) => rateWakePhrase(phrase, spell).kind;

test("distinct phrases of some length are good", () => {
  for (const phrase of [
    "computer",
    "jarvis",
    "hey tars",
    "alexa",
    "okay hearth",
    "hey mycroft",
    "good morning house",
  ]) {
    expect([phrase, rate(phrase)]).toEqual([phrase, "good"]);
  }
});

test("what sounds like half a word is too short", () => {
  for (const phrase of ["tars", "echo", "hal", "x", "hey"]) {
    expect(["too-short", "common"]).toContain(rate(phrase));
  }
  expect(rate("tars")).toBe("too-short");
});

test("what is said all day is common", () => {
  for (const phrase of ["house", "Friday", "good night", "what's up", "robin"]) {
    expect([phrase, rate(phrase)]).toEqual([phrase, "common"]);
  }
});

test("an endless phrase is too long, and nothing is nothing", () => {
  expect(rate("supercalifragilistic expialidocious house")).toBe("too-long");
  expect([rate(""), rate("  ")]).toEqual(["empty", "empty"]);
});

test("what cannot be spelled says which character is at fault", () => {
  expect(rateWakePhrase("r2 d2", spell)).toMatchObject({
    kind: "unspellable",
    problem: expect.stringContaining('"2"'),
  });
  expect(() =>
    rateWakePhrase("computer", () => {
      throw new TypeError("a bug");
    }),
  ).toThrow(TypeError);
});

test("syllables are counted as an English speaker would, nearly", () => {
  const words = ["computer", "jarvis", "house", "alexa", "galileo", "table", "times", "hmm"];

  expect(words.map(syllablesOf)).toEqual([3, 2, 1, 3, 3, 2, 1, 1]);
});
