import { expect, test } from "bun:test";
import fc from "fast-check";
import { wordSimilarity, wordsOf } from "./words.ts";

test("punctuation and case disappear, apostrophes inside words stay", () => {
  expect(wordsOf("  What’s the TIME, please?! 'Now'")).toEqual(["what's", "the", "time", "please", "now"]);
});

test("numbers keep their decimal point and lose their thousands commas", () => {
  expect(wordsOf("1,234.5 and 3.5. 12,34")).toEqual(["1234.5", "and", "3.5", "12", "34"]);
});

test("signs between numbers become words", () => {
  expect(wordsOf("12*7 + 3×2 − 1 ÷ 4 / 2 - -5%, 2x3")).toEqual(
    "12 times 7 plus 3 times 2 minus 1 divided by 4 divided by 2 minus minus 5 percent 2 times 3".split(" "),
  );
});

test("a hyphen between words parts them", () => {
  expect(wordsOf("a twenty-five-minute timer, T-shirt")).toEqual(
    "a twenty five minute timer t shirt".split(" "),
  );
});

test("a.m. and p.m. are one word however they are written", () => {
  expect(wordsOf("7 a.m. or 8 P. M. or 9 pm")).toEqual(["7", "am", "or", "8", "pm", "or", "9", "pm"]);
});

test("a unit written to its number is a word, the ending of an ordinal is not", () => {
  expect(wordsOf("10min 3pm the 21st 2h30m")).toEqual("10 min 3 pm the 21st 2 h30 m".split(" "));
});

test("words of other scripts are kept with their marks", () => {
  expect(wordsOf("समय क्या है? 何時、ですか。")).toEqual(["समय", "क्या", "है", "何時", "ですか"]);
});

test("an utterance without words is empty", () => {
  expect(wordsOf(" …?! '' ")).toEqual([]);
});

test("similarity counts letters changed, lost, added and swapped", () => {
  expect(wordSimilarity("timer", "timer")).toBe(1);
  expect(wordSimilarity("timer", "time")).toBeCloseTo(0.8);
  expect(wordSimilarity("timer", "tiger")).toBeCloseTo(0.8);
  expect(wordSimilarity("timer", "tiemr")).toBeCloseTo(0.8);
  expect(wordSimilarity("set", "")).toBe(0);
});

test("overlong words are alike only when equal", () => {
  const long = "a".repeat(33);

  expect(wordSimilarity(long, long)).toBe(1);
  expect(wordSimilarity(long, `${long}b`)).toBe(0);
});

test("similarity is symmetric and stays between 0 and 1", () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 12 }), fc.string({ maxLength: 12 }), (a, b) => {
      const similarity = wordSimilarity(a, b);

      expect(similarity).toBeCloseTo(wordSimilarity(b, a));
      expect(similarity >= 0 && similarity <= 1).toBe(true);
    }),
  );
});
