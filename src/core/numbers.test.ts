import { expect, test } from "bun:test";
import fc from "fast-check";
import {
  MAX_SPOKEN,
  parseNumber,
  parseOrdinal,
  spokenDecimal,
  spokenNumber,
  spokenOrdinal,
} from "./numbers.ts";
import { wordsOf } from "./words.ts";

const read = (text: string) => parseNumber(wordsOf(text));

test("numbers in words are read as people say them", () => {
  const said: Record<string, number> = {
    zero: 0,
    oh: 0,
    "twenty-five": 25,
    ninety: 90,
    hundred: 100,
    "a hundred": 100,
    "one hundred and one": 101,
    "two hundred fifty six": 256,
    "twelve hundred": 1200,
    "a thousand": 1000,
    "three thousand and four": 3004,
    "nine hundred ninety nine thousand nine hundred ninety nine": 999_999,
    "two million three": 2_000_003,
    "five billion": 5_000_000_000,
    "two thousand 500": 2500,
    "3 million": 3_000_000,
    "1,234": 1234,
  };

  expect(Object.keys(said).map(read)).toEqual(Object.values(said));
});

test("fractions and decimals are read", () => {
  const said: Record<string, number> = {
    half: 0.5,
    "a half": 0.5,
    "a quarter": 0.25,
    "three quarters": 0.75,
    "two and a half": 2.5,
    "three point one four": 3.14,
    "point five": 0.5,
    "ten point oh 5": 10.05,
    "3.5": 3.5,
    "minus four": -4,
    "negative 2.5": -2.5,
  };

  expect(Object.keys(said).map(read)).toEqual(Object.values(said));
});

test("what is not exactly one number is not read", () => {
  const others = [
    "",
    "and",
    "minus",
    "one two",
    "twenty zero",
    "twenty twelve",
    "twenty a",
    "five twenty",
    "hundred hundred",
    "thousand",
    "one thousand 2000",
    "point",
    "three point",
    "three point twelve",
    "three point a",
    "3.5 point 5",
    "x point one",
    "one point one two three four five six seven eight nine one",
    "x and a half",
    "one and x halves",
    "one hundred and",
    "one hundred x",
    "x hundred",
    "x thousand",
    "twenty five six",
    "pasta",
    "1234567890123",
  ];

  expect(others.map(read)).toEqual(others.map(() => undefined));
});

test("ordinals are read in words and digits", () => {
  const read = (text: string) => parseOrdinal(wordsOf(text));

  expect(["first", "twelfth", "twenty first", "fortieth", "one hundred and third", "21st"].map(read)).toEqual(
    [1, 12, 21, 40, 103, 21],
  );
  expect(["", "one", "x first", "two 21st"].map(read)).toEqual([undefined, undefined, undefined, undefined]);
});

test("numbers are written as they are said", () => {
  const written: [number, string][] = [
    [0, "zero"],
    [13, "thirteen"],
    [84, "eighty-four"],
    [100, "one hundred"],
    [342, "three hundred and forty-two"],
    [1001, "one thousand and one"],
    [999_999, "nine hundred and ninety-nine thousand nine hundred and ninety-nine"],
    [2_000_000, "two million"],
    [-12.5, "minus twelve point five"],
    [0.05, "zero point zero five"],
    [0.0000001, "zero point zero zero zero zero zero zero one"],
    [1_000_000_000_000, "1000000000000"],
  ];

  expect(written.map(([value]) => spokenNumber(value))).toEqual(written.map(([, text]) => text));
});

test("decimal digits are said without losing any", () => {
  expect(spokenDecimal("-123456789012.123456")).toBe(
    `${spokenNumber(-123456789012)} point one two three four five six`,
  );
  expect(spokenDecimal("1234567890123456789")).toBe("1234567890123456789");
});

test("ordinals are written as they are said", () => {
  expect([1, 2, 3, 5, 8, 9, 12, 20, 21, 31, 100, 112].map(spokenOrdinal)).toEqual([
    "first",
    "second",
    "third",
    "fifth",
    "eighth",
    "ninth",
    "twelfth",
    "twentieth",
    "twenty-first",
    "thirty-first",
    "one hundredth",
    "one hundred and twelfth",
  ]);
});

test("every number that is written can be read again", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: MAX_SPOKEN }), (value) => {
      expect(read(spokenNumber(value))).toBe(value);
      expect(parseOrdinal(wordsOf(spokenOrdinal(value)))).toBe(value);
    }),
  );
  fc.assert(
    fc.property(
      fc.integer({ min: -999_999, max: 999_999 }),
      fc.integer({ min: 0, max: 999 }),
      (whole, decimals) => {
        const value = Number(`${whole}.${String(decimals).padStart(3, "0")}`);

        expect(read(spokenNumber(value))).toBe(value);
      },
    ),
  );
});
