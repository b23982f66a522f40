import { expect, test } from "bun:test";
import type { Segment } from "./decoder.ts";
import { accepts, confidenceOf, evidenceOf } from "./gate.ts";

function segment(text: string, startFrame: number, endFrame: number, acoustic: number): Segment {
  return { text, startFrame, endFrame, acoustic, posterior: 0 };
}

const good = { average: 0, worst: -10, longestFrames: 40, meanFrames: 30, leadFrames: 0 };

test("words are compared with the free phones of the same frames, silence and fillers left out", () => {
  const words = [
    segment("<sil>", 0, 9, -5000),
    segment("turn", 10, 19, -300),
    segment("it(2)", 20, 39, -200),
  ];
  const phones = [segment("<sil>", 0, 9, -50), segment("_t", 10, 29, -400), segment("_ih", 30, 39, -100)];

  const evidence = evidenceOf(words, phones);

  // "turn" is 100 worse over 10 frames, 10 neutral ones are added; "it" is 100 better.
  expect(evidence).toEqual({
    average: 0,
    worst: -5,
    longestFrames: 20,
    meanFrames: 15,
    leadFrames: 0,
  });
});

test("phones before the command are its lead and no part of its fit", () => {
  const words = [segment("_er", 0, 9, -9000), segment("stop", 10, 29, -100)];
  const phones = [segment("_er", 0, 9, -10), segment("_s", 10, 29, -100)];

  expect(evidenceOf(words, phones)).toMatchObject({
    average: 0,
    leadFrames: 10,
    longestFrames: 20,
  });
});

test("phones that end before the words do count as nothing there", () => {
  const evidence = evidenceOf([segment("stop", 0, 19, -200)], [segment("_s", 0, 9, -100)]);

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
    { ...good, meanFrames: 8 },
    { ...good, leadFrames: 200 },
  ];

  expect(invented.map(accepts)).toEqual(invented.map(() => false));
});

test("confidence rises with the evidence and stays between 0 and 1", () => {
  const [low, middle, high] = [-200, -12, 200].map((average) => confidenceOf({ ...good, average }));

  expect(low).toBeCloseTo(0, 5);
  expect(middle).toBe(0.5);
  expect(high).toBeCloseTo(1, 5);
});
