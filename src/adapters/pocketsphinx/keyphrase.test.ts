import { expect, test } from "bun:test";
import { keyphraseFile, keyphraseScore, keyphrases } from "./keyphrase.ts";

const words = new Map([
  ["hey", ["HH EY"]],
  ["tars", ["T AA R Z"]],
  ["jarvis", ["JH AA R V AH S", "JH AA R V IH S"]],
]);

test("each pronunciation of a phrase is searched for", () => {
  const searched = keyphrases({ text: "Hey, Jarvis!", sensitivity: 0.5 }, words);

  expect(searched.map(({ spelling }) => spelling)).toEqual(["hey jarvis", "hey jarvis(2)"]);
});

test("at most four pronunciations are searched for", () => {
  const searched = keyphrases({ text: "jarvis jarvis jarvis", sensitivity: 0.5 }, words);

  expect(searched).toHaveLength(4);
  expect(new Set(searched.map(({ spelling }) => spelling)).size).toBe(4);
});

test("a longer phrase and a higher sensitivity ask for less evidence", () => {
  const threshold = (text: string, sensitivity: number) =>
    keyphrases({ text, sensitivity }, words)[0]?.threshold;

  expect(threshold("tars", 0.5)).toBe(190);
  expect(threshold("hey tars", 0.5)).toBe(-90);
  expect(threshold("hey tars", 1)).toBe(-390);
  expect(threshold("hey tars", 0)).toBe(210);
  expect(threshold("hey tars", 7)).toBe(-390);
});

test("thresholds are written as ratios of likelihoods", () => {
  const [tars] = keyphrases({ text: "tars", sensitivity: 0.5 }, words);
  const [heyTars] = keyphrases({ text: "hey tars", sensitivity: 0.5 }, words);
  if (!(tars && heyTars)) throw new Error("two phrases were expected");

  // exp(190 * 1024 * ln(1.0001)) = exp(19.4550); exp(-90 * 1024 * ln(1.0001)) = exp(-9.2155).
  expect(keyphraseFile([tars, heyTars])).toBe("tars /2.813e8/\nhey tars /9.948e-5/\n");
});

test("a phrase without letters is rejected", () => {
  expect(() => keyphrases({ text: "?!", sensitivity: 0.5 }, words)).toThrow(
    expect.objectContaining({ fault: "rejected" }),
  );
});

test("a detection at the threshold scores a half", () => {
  const [phrase] = keyphrases({ text: "hey tars", sensitivity: 0.5 }, words);
  if (!phrase) throw new Error("a phrase was expected");

  expect(keyphraseScore(-90 - 1500, phrase)).toBe(0.5);
  expect(keyphraseScore(500 - 1500, phrase)).toBeGreaterThan(0.85);
});
