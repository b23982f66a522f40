import type { IntentHandler } from "#assistant/intent.ts";
import { calculate } from "#core/arithmetic.ts";
import { spokenDecimal } from "#core/numbers.ts";

/** Decimals of a rounded result that are worth saying. */
const SPOKEN_DECIMALS = 3;

/** Simple sums. */
export const arithmeticIntent: IntentHandler = ({ slots: { sum = "" } }) => {
  const result = calculate(sum.split(" "));
  if (result?.kind === "division-by-zero") return { text: "Nothing can be divided by zero." };
  if (result?.kind === "value") {
    const { value, exact } = result;
    if (exact) return { text: `That's ${spokenDecimal(value)}.` };
    const rounded = String(Number(Number(value).toFixed(SPOKEN_DECIMALS)));
    return { text: `That's about ${spokenDecimal(rounded)}.` };
  }
  return { text: "That's more than I can reckon." };
};
