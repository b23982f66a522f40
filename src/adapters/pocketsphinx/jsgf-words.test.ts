import { expect, test } from "bun:test";
import { wordsOfJsgf } from "./jsgf-words.ts";

const HEADER = "#JSGF V1.0;\ngrammar test;\n";

test("words are found between references, weights, brackets and comments", () => {
  const jsgf = `${HEADER}// <none> of this
    /* nor; of <this> */
    public <command> = /0.5/ turn (<state> [the] light)+ | what's <NULL> up*;
    <state> = on | off;`;

  expect([...wordsOfJsgf(jsgf)].sort()).toEqual(["light", "off", "on", "the", "turn", "up", "what's"]);
});

for (const [problem, jsgf] of [
  ["no header", "public <a> = stop;"],
  ["no public rule", `${HEADER}<a> = stop;`],
  ["a rule that is missing", `${HEADER}public <a> = <b>;`],
  ["characters no word has", `${HEADER}public <a> = stop § now;`],
  ["tags", `${HEADER}public <a> = stop {tag};`],
] as const) {
  test(`a grammar with ${problem} is rejected`, () => {
    expect(() => wordsOfJsgf(jsgf)).toThrow(expect.objectContaining({ fault: "rejected" }));
  });
}
