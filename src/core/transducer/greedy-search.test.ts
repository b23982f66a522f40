import { expect, test } from "bun:test";
import { tableJoint } from "#testing/table-joint.ts";
import { GreedySearch } from "./greedy-search.ts";
import { Spelling } from "./spelling.ts";

const spelling = new Spelling("<blk> 0\n<sos/eos> 1\n<unk> 2\n▁STOP 3\n▁THE 4\n▁ 5\nTIMER 6\nS 7", []);
const joint = tableJoint(8, 1e4);

function transcribe(steps: readonly (readonly number[])[]) {
  const search = new GreedySearch(joint);
  for (const step of steps) search.push(Float32Array.from(step), step.length);
  return search;
}

test("tokens become words with the times they began at", () => {
  const search = transcribe([
    [0, 3, 0, 0, 4, 0, 0, 5],
    [6, 0, 7, 0],
  ]);

  const { text, words, confidence } = search.transcript(spelling);
  expect(text).toBe("stop the timers");
  expect(words).toEqual([
    { text: "stop", startMs: 40 },
    { text: "the", startMs: 160 },
    { text: "timers", startMs: 280 },
  ]);
  expect(confidence).toBeGreaterThan(0.8);
  expect(confidence).toBeLessThanOrEqual(1);
  expect(search.length).toBe(5);
});

test("silence and the model's own signs write nothing, with no confidence", () => {
  const { text, confidence } = transcribe([[0, 0, 1, 2, 0]]).transcript(spelling);

  expect([text, confidence]).toEqual(["", 0]);
});

test("steps of any length give the same transcript and score", () => {
  const whole = transcribe([[0, 3, 4, 0, 5, 6, 0]]);
  const parts = transcribe([[0], [3, 4], [0, 5, 6], [0]]);

  expect(parts.transcript(spelling)).toEqual(whole.transcript(spelling));
  expect(parts.score).toBeCloseTo(whole.score, 6);
});

test("a clone goes on by itself", () => {
  const search = transcribe([[3]]);
  const copy = search.clone();
  copy.push(Float32Array.of(4), 1);

  expect(copy.transcript(spelling).text).toBe("stop the");
  expect(search.transcript(spelling).text).toBe("stop");
});
