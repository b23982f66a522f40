import { expect, test } from "bun:test";
import { SAME_WORDS, sameWords } from "./same-words.ts";
import { hubVoice } from "./speech.ts";

const SENTENCES = [
  "It's three thirty AM.",
  "It's three forty AM.",
  "It's four thirty AM.",
  "It's three thirty PM.",
  "It's six fifteen PM.",
  "It's six fifty PM.",
  "Timer set for ten minutes.",
  "Timer set for two minutes.",
  "It's Friday, November twentieth.",
];

test("a sentence said again is the same, and one that differs in a word is not", async () => {
  const said: Int16Array[] = [];
  for (const sentence of SENTENCES) said.push(await hubVoice(sentence));

  for (const [i, sentence] of SENTENCES.entries()) {
    const again = await hubVoice(sentence);
    const alike = said.map((other) => sameWords(other, again) >= SAME_WORDS);
    expect(alike).toEqual(SENTENCES.map((_, j) => j === i));
  }
});

test("the beginning of a sentence, and silence, are not the sentence", async () => {
  const whole = await hubVoice("Timer set for ten minutes.");

  expect(sameWords(whole, whole.subarray(0, Math.round(whole.length * 0.7)))).toBeLessThan(SAME_WORDS);
  expect(sameWords(whole, new Int16Array(0))).toBeLessThan(SAME_WORDS);
  expect(sameWords(whole, new Int16Array(whole.length))).toBeLessThan(SAME_WORDS);
});
