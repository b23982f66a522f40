import { parseNumber } from "./numbers.ts";

/** What a spoken sum comes to. */
export type SumResult =
  | {
      readonly kind: "value";
      /** Decimal digits with an optional minus, for example "-12.5". */
      readonly value: string;
      /** False when the value was rounded to six decimals. */
      readonly exact: boolean;
    }
  | { readonly kind: "division-by-zero" }
  /** A result past 10^30, or a sum of more than 16 operations. */
  | { readonly kind: "too-large" };

type Operator = "plus" | "minus" | "times" | "over" | "percent-of";

/** Longer first: "divided by" is looked for before anything shorter. */
const OPERATORS: readonly (readonly [readonly string[], Operator])[] = [
  [["percent", "of"], "percent-of"],
  [["per", "cent", "of"], "percent-of"],
  [["multiplied", "by"], "times"],
  [["divided", "by"], "over"],
  [["plus"], "plus"],
  [["minus"], "minus"],
  [["less"], "minus"],
  [["times"], "times"],
  [["over"], "over"],
];
const MAX_OPERATIONS = 16;
const LIMIT = 10n ** 30n;
const DECIMALS = 6;

/** Exact, so that 0.1 plus 0.2 is 0.3. The denominator is positive. */
interface Ratio {
  readonly numerator: bigint;
  readonly denominator: bigint;
}

/**
 * Work out a sum said in words: numbers joined by plus, minus, times, divided by, over and percent of.
 *
 * Percent of, times and division bind tighter than plus and minus; equals go from left to right. Whole numbers and
 * decimals are exact. Undefined when the words are not a sum. Words as `wordsOf` makes them.
 */
export function calculate(words: readonly string[]): SumResult | undefined {
  const sum = readSum(words);
  if (!sum || sum.operators.length === 0) return undefined;
  if (sum.operators.length > MAX_OPERATIONS) return { kind: "too-large" };
  const { numbers, operators } = sum;
  let total: Ratio = { numerator: 0n, denominator: 1n };
  let sign = 1n;
  let product = numbers[0] as Ratio;
  for (const [index, operator] of operators.entries()) {
    const operand = numbers[index + 1] as Ratio;
    if (operator === "over" && operand.numerator === 0n) return { kind: "division-by-zero" };
    if (operator === "plus" || operator === "minus") {
      total = add(total, product, sign);
      sign = operator === "plus" ? 1n : -1n;
      product = operand;
    } else {
      product = combine(operator, product, operand);
    }
  }
  return resultOf(add(total, product, sign));
}

function readSum(words: readonly string[]): { numbers: Ratio[]; operators: Operator[] } | undefined {
  const numbers: Ratio[] = [];
  const operators: Operator[] = [];
  let number: string[] = [];
  const endNumber = (): boolean => {
    const value = parseNumber(number);
    number = [];
    if (value === undefined) return false;
    numbers.push(ratioOf(value));
    return true;
  };
  for (let index = 0; index < words.length; ) {
    const operator = operatorAt(words, index);
    // Where a number must come, "minus" is its sign.
    if (operator && !(number.length === 0 && operator.kind === "minus")) {
      if (!endNumber()) return undefined;
      operators.push(operator.kind);
      index += operator.length;
    } else {
      number.push(words[index] as string);
      index += 1;
    }
  }
  return endNumber() ? { numbers, operators } : undefined;
}

function operatorAt(words: readonly string[], index: number): { kind: Operator; length: number } | undefined {
  for (const [spoken, kind] of OPERATORS) {
    if (spoken.every((word, offset) => words[index + offset] === word))
      return { kind, length: spoken.length };
  }
  return undefined;
}

function ratioOf(value: number): Ratio {
  // Twelve decimals hold every decimal the parser lets in.
  const [whole = "0", decimals = ""] = (Number.isInteger(value) ? String(value) : value.toFixed(12)).split(
    ".",
  );
  return { numerator: BigInt(whole + decimals), denominator: 10n ** BigInt(decimals.length) };
}

function add(a: Ratio, b: Ratio, sign: bigint): Ratio {
  return {
    numerator: a.numerator * b.denominator + sign * b.numerator * a.denominator,
    denominator: a.denominator * b.denominator,
  };
}

function combine(operator: "times" | "over" | "percent-of", a: Ratio, b: Ratio): Ratio {
  if (operator !== "over") {
    const parts = operator === "percent-of" ? 100n : 1n;
    return { numerator: a.numerator * b.numerator, denominator: a.denominator * b.denominator * parts };
  }
  const sign = b.numerator < 0n ? -1n : 1n;
  return { numerator: sign * a.numerator * b.denominator, denominator: sign * a.denominator * b.numerator };
}

function resultOf({ numerator, denominator }: Ratio): SumResult {
  const negative = numerator < 0n;
  const scaled = (negative ? -numerator : numerator) * 10n ** BigInt(DECIMALS);
  if (scaled / denominator >= LIMIT * 10n ** BigInt(DECIMALS)) return { kind: "too-large" };
  const rounded = (scaled * 2n + denominator) / (denominator * 2n);
  const digits = rounded.toString().padStart(DECIMALS + 1, "0");
  const decimals = digits.slice(-DECIMALS).replace(/0+$/u, "");
  const whole = digits.slice(0, -DECIMALS);
  const sign = negative && rounded > 0n ? "-" : "";
  return {
    kind: "value",
    value: `${sign}${whole}${decimals === "" ? "" : `.${decimals}`}`,
    exact: scaled % denominator === 0n,
  };
}
