/**
 * English numbers, as words and as values.
 *
 * Reading takes what people say and recognisers write: "twenty five", "a hundred and one", "three point one four",
 * "two and a half", "10". Writing makes what an English voice says well.
 */

const ONES =
  "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen".split(
    " ",
  );
const TENS = "zero ten twenty thirty forty fifty sixty seventy eighty ninety".split(" ");
/** Largest first. */
const SCALES: readonly (readonly [string, number])[] = [
  ["billion", 1e9],
  ["million", 1e6],
  ["thousand", 1e3],
];
const IRREGULAR_ORDINALS: Readonly<Record<string, string>> = {
  one: "first",
  two: "second",
  three: "third",
  five: "fifth",
  eight: "eighth",
  nine: "ninth",
  twelve: "twelfth",
};
const FRACTIONS: ReadonlyMap<string, number> = new Map([
  ["half", 0.5],
  ["quarter", 0.25],
]);

const SMALL_VALUES: ReadonlyMap<string, number> = new Map([
  ...ONES.map((word, value) => [word, value] as const),
  ["oh", 0],
  ["a", 1],
  ["an", 1],
]);
const TENS_VALUES: ReadonlyMap<string, number> = new Map(
  TENS.flatMap((word, index) => (index >= 2 ? [[word, index * 10] as const] : [])),
);
const CARDINAL_OF_ORDINAL: ReadonlyMap<string, string> = new Map(
  [...ONES, ...TENS.slice(2), "hundred", "thousand", "million", "billion"].map((word) => [
    ordinalOf(word),
    word,
  ]),
);

/** Largest whole number that is written in words. */
export const MAX_SPOKEN = 999_999_999_999;

/**
 * The value of a number in words or digits; undefined when the words are not exactly one number.
 *
 * Whole numbers up to 999,999,999,999, decimals spoken digit by digit after "point", "half", "quarter" and
 * "… and a half", with an optional "minus" or "negative" in front. Words as `wordsOf` makes them.
 */
export function parseNumber(words: readonly string[]): number | undefined {
  const [first, ...rest] = words;
  if (first === "minus" || first === "negative") {
    const value = parseUnsigned(rest);
    return value === undefined ? undefined : -value;
  }
  return parseUnsigned(words);
}

/** The value of an ordinal ("twenty first", "21st"); undefined when the words are not exactly one. */
export function parseOrdinal(words: readonly string[]): number | undefined {
  const last = words.at(-1) ?? "";
  const digits = /^(\d{1,12})(?:st|nd|rd|th)$/u.exec(last)?.[1];
  if (digits !== undefined) return words.length === 1 ? Number(digits) : undefined;
  const cardinal = CARDINAL_OF_ORDINAL.get(last);
  return cardinal === undefined ? undefined : parseWhole([...words.slice(0, -1), cardinal]);
}

/** A number as it is said: "minus twelve point five". See `spokenDecimal`. */
export function spokenNumber(value: number): string {
  return spokenDecimal(decimalText(value));
}

/**
 * A number in decimal digits ("-12.5") as it is said.
 *
 * Past 999,999,999,999 the whole part stays in digits. Decimals are read digit by digit.
 */
export function spokenDecimal(digits: string): string {
  const negative = digits.startsWith("-");
  const [whole = "", decimals] = digits.slice(negative ? 1 : 0).split(".");
  const spokenWhole = Number(whole) <= MAX_SPOKEN ? spokenWholeNumber(Number(whole)) : whole;
  const spokenDecimals = [...(decimals ?? "")].map((digit) => ` ${ONES[Number(digit)]}`).join("");
  const point = decimals === undefined ? "" : ` point${spokenDecimals}`;
  return `${negative ? "minus " : ""}${spokenWhole}${point}`;
}

/** An ordinal as it is said: "twenty-first". Whole numbers from 0 to 999,999,999,999. */
export function spokenOrdinal(value: number): string {
  const cardinal = spokenWholeNumber(value);
  const lastWord = /[a-z]+$/u;
  return cardinal.replace(lastWord, ordinalOf);
}

function parseUnsigned(words: readonly string[]): number | undefined {
  const fraction = parseFraction(words);
  if (fraction !== undefined) return fraction;
  const point = words.indexOf("point");
  if (point < 0) return parseWhole(words);
  const whole = point === 0 ? 0 : parseWhole(words.slice(0, point));
  const decimals = words.slice(point + 1).map(parseDigit);
  if (whole === undefined || decimals.length === 0 || decimals.length > 9) return undefined;
  if (!Number.isInteger(whole) || decimals.includes(undefined)) return undefined;
  return Number(`${whole}.${decimals.join("")}`);
}

/** "half", "a half", "three quarters", "two and a half". */
function parseFraction(words: readonly string[]): number | undefined {
  const unit = FRACTIONS.get((words.at(-1) ?? "").replace(/s$/u, ""));
  if (unit === undefined) return undefined;
  const before = words.slice(0, -1);
  const and = before.lastIndexOf("and");
  const whole = and > 0 ? parseWhole(before.slice(0, and)) : 0;
  const counted = before.slice(and + 1);
  const count = counted.length === 0 ? 1 : parseWhole(counted);
  return whole === undefined || count === undefined ? undefined : whole + count * unit;
}

function parseDigit(word: string): number | undefined {
  if (/^\d$/u.test(word)) return Number(word);
  const value = word === "a" || word === "an" ? undefined : SMALL_VALUES.get(word);
  return value !== undefined && value <= 9 ? value : undefined;
}

/** A whole number in words, or any number in digits. */
function parseWhole(words: readonly string[]): number | undefined {
  let rest = words;
  let total = 0;
  for (const [scale, size] of SCALES) {
    const at = rest.indexOf(scale);
    if (at < 0) continue;
    const count = parseBelowThousand(rest.slice(0, at));
    if (count === undefined) return undefined;
    total += count * size;
    rest = rest.slice(at + 1);
    if (rest.length === 0) return total;
  }
  if (total > 0 && rest[0] === "and") rest = rest.slice(1);
  const below = parseBelowThousand(rest);
  // Digits after a scale ("two thousand 500") add up only where they fit below it.
  return below === undefined || (total > 0 && below >= 1000) ? undefined : total + below;
}

function parseBelowThousand(words: readonly string[]): number | undefined {
  const only = words[0];
  if (words.length === 1 && only !== undefined && /^\d{1,12}(\.\d{1,9})?$/u.test(only)) return Number(only);
  const at = words.indexOf("hundred");
  if (at < 0) return parseBelowHundred(words);
  const hundreds = at === 0 ? 1 : parseBelowHundred(words.slice(0, at));
  const rest = words.slice(words[at + 1] === "and" ? at + 2 : at + 1);
  const below = at === words.length - 1 ? 0 : parseBelowHundred(rest);
  return hundreds === undefined || below === undefined ? undefined : hundreds * 100 + below;
}

function parseBelowHundred(words: readonly string[]): number | undefined {
  const [first = "", second, third] = words;
  if (third !== undefined) return undefined;
  const tens = TENS_VALUES.get(first);
  if (second === undefined) return tens ?? SMALL_VALUES.get(first);
  const ones = parseDigit(second);
  return tens === undefined || ones === undefined || ones === 0 ? undefined : tens + ones;
}

function spokenWholeNumber(value: number): string {
  for (const [scale, size] of SCALES) {
    if (value < size) continue;
    const rest = value % size;
    const count = `${spokenWholeNumber(Math.floor(value / size))} ${scale}`;
    if (rest === 0) return count;
    return `${count} ${rest < 100 ? "and " : ""}${spokenWholeNumber(rest)}`;
  }
  if (value >= 100) {
    const rest = value % 100;
    return `${ONES[Math.floor(value / 100)]} hundred${rest === 0 ? "" : ` and ${spokenWholeNumber(rest)}`}`;
  }
  if (value < 20) return ONES[value] as string;
  return `${TENS[Math.floor(value / 10)]}${value % 10 === 0 ? "" : `-${ONES[value % 10]}`}`;
}

function ordinalOf(cardinal: string): string {
  return IRREGULAR_ORDINALS[cardinal] ?? `${cardinal.replace(/y$/u, "ie")}th`;
}

/** Decimal digits without an exponent, to twelve decimals. */
function decimalText(value: number): string {
  const text = String(value);
  return /e-/u.test(text) ? value.toFixed(12).replace(/\.?0+$/u, "") : text;
}
