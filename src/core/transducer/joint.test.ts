import { expect, test } from "bun:test";
import { logSoftmax, nextContext, START_CONTEXT, tokensOfContext } from "./joint.ts";

test("a context holds the last two tokens, and none before the first", () => {
  expect(tokensOfContext(START_CONTEXT)).toEqual([-1, 0]);
  const once = nextContext(START_CONTEXT, 271);
  expect(tokensOfContext(once)).toEqual([0, 271]);
  expect(tokensOfContext(nextContext(nextContext(once, 28), 81))).toEqual([28, 81]);
});

test("log-probabilities of every row sum to one, however large the scores", () => {
  const scores = Float32Array.of(1000, 1001, 1002, -5, -5, -5);

  logSoftmax(scores, 2, 3);

  const sums = [0, 3].map((from) => scores.subarray(from, from + 3).reduce((sum, x) => sum + Math.exp(x), 0));
  expect(sums.map((sum) => sum.toFixed(5))).toEqual(["1.00000", "1.00000"]);
  expect(scores[5]).toBeCloseTo(-Math.log(3), 5);
});
