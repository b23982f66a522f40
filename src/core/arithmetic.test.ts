import { expect, test } from "bun:test";
import fc from "fast-check";
import { calculate, type SumResult } from "./arithmetic.ts";
import { wordsOf } from "./words.ts";

const sum = (text: string) => calculate(wordsOf(text));
const exactly = (value: string): SumResult => ({ kind: "value", value, exact: true });

test("sums are worked out with the usual precedence, from left to right", () => {
  const sums: Record<string, string> = {
    "twelve times seven": "84",
    "two plus three times four": "14",
    "ten minus two minus three": "5",
    "100 divided by 4 divided by 5": "5",
    "eight over two times three": "12",
    "twenty percent of fifty": "10",
    "five per cent of two hundred plus one": "11",
    "six multiplied by minus seven": "-42",
    "three less five": "-2",
    "a hundred minus a half": "99.5",
    "12*7+1": "85",
    "7 - -2": "9",
    "one divided by minus four": "-0.25",
  };

  expect(Object.keys(sums).map(sum)).toEqual(Object.values(sums).map(exactly));
});

test("decimals are exact", () => {
  expect(sum("0.1 plus 0.2")).toEqual(exactly("0.3"));
  expect(sum("one point one times one point one")).toEqual(exactly("1.21"));
});

test("what does not end is rounded to six decimals and said to be", () => {
  expect(sum("two divided by three")).toEqual({ kind: "value", value: "0.666667", exact: false });
  expect(sum("minus one over 90000000")).toEqual({ kind: "value", value: "0", exact: false });
});

test("division by zero is told apart, also in the middle", () => {
  expect(sum("five divided by zero")).toEqual({ kind: "division-by-zero" });
  expect(sum("one plus five over zero times two")).toEqual({ kind: "division-by-zero" });
});

test("results and sums are bounded", () => {
  expect(sum("999999999999 times 999999999999 times 999999999999")).toEqual({ kind: "too-large" });
  expect(sum(`1${" plus 1".repeat(17)}`)).toEqual({ kind: "too-large" });
  expect(sum(`1${" plus 1".repeat(16)}`)).toEqual(exactly("17"));
});

test("what is not a sum is not worked out", () => {
  const others = ["", "five", "five plus", "plus five", "five plus pasta", "pasta times two", "times"];

  expect(others.map(sum)).toEqual(others.map(() => undefined));
});

test("whole-number sums agree with arithmetic on big integers", () => {
  const number = fc.integer({ min: 0, max: 999_999 });
  fc.assert(
    fc.property(number, number, number, (a, b, c) => {
      const expected = BigInt(a) + BigInt(b) * BigInt(c);

      expect(sum(`${a} plus ${b} times ${c}`)).toEqual(exactly(String(expected)));
    }),
  );
});
