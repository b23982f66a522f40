import { expect, test } from "bun:test";
import type { Segment } from "./decoder.ts";
import { accepts, confidenceOf, evidenceOf } from "./gate.ts";

function segment(text: string, startFrame: number, endFrame: number, acoustic: number): Segment {
  return { text, startFrame, endFrame, acoustic, language: 0, posterior: 0 };
}

const good = { average: 0, worst: -10, longestFrames: 40, meanFrames: 30 };

test("words are compared with the free phones of the same frames, silence and fillers left out", () => {
  const words = [
    segment("<sil>", 0, 9, -5000),
    segment("turn", 10, 19, -300),
    segment("it(2)", 20, 39, -200),
  ];
  const phones = [segment("<sil>", 0, 9, -50), segment("t", 10, 29, -400), segment("ih", 30, 39, -100)];

  const evidence = evidenceOf(words, phones);

  expect(evidence).toEqual({ average: 0, worst: -10, longestFrames: 20, meanFrames: 15 });
});

test("phones that end before the words do count as nothing there", () => {
  const evidence = evidenceOf([segment("stop", 0, 19, -200)], [segment("s", 0, 9, -100)]);

  expect(evidence?.average).toBe(-5);
});

test("without a word there is no evidence", () => {
  expect(evidenceOf([segment("<sil>", 0, 50, -10), segment("(NULL)", 51, 51, 0)], [])).toBeUndefined();
});

test("what fits as well as free phones is accepted", () => {
  expect(accepts(good)).toBe(true);
});

test("each sign of an invented command is enough to reject it", () => {
  const invented = [
    { ...good, average: -20 },
    { ...good, worst: -60 },
    { ...good, longestFrames: 150 },
    { ...good, meanFrames: 100 },
  ];

  expect(invented.map(accepts)).toEqual([false, false, false, false]);
});

test("confidence rises with the evidence and stays between 0 and 1", () => {
  const [low, middle, high] = [-200, -12, 200].map((average) => confidenceOf({ ...good, average }));

  expect(low).toBeCloseTo(0, 5);
  expect(middle).toBe(0.5);
  expect(high).toBeCloseTo(1, 5);
});
