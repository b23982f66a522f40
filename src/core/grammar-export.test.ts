import { expect, test } from "bun:test";
import { matchGrammar, parseGrammar } from "./grammar.ts";
import { examples, toJsgf, vocabulary } from "./grammar-export.ts";

const grammar = parseGrammar({
  intents: [
    { name: "time", templates: ["what time is it [now]", "what's the time"] },
    { name: "named", templates: ["call it {name:*}"] },
    { name: "timer", templates: ["timer for {n:<number>} minutes [called {name:*}]", "timer <digits>"] },
    { name: "sum", templates: ["{sum:<number> (plus <number>)+}", "add <typed>", "[<typed>]"] },
  ],
  rules: { number: "one | two | <digits>", typed: "<digits>" },
});

/** Numbers that look random and are the same on every run. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1664525 + 1013904223) % 4294967296;
    return state / 4294967296;
  };
}

test("the closed part of the grammar is written as JSGF", () => {
  expect(toJsgf(grammar)).toBe(
    [
      "#JSGF V1.0;",
      "grammar hearth;",
      "public <command> = <intent_0> | <intent_1> | <intent_2>;",
      "<intent_0> = ( what time is it [ now ] | what's the time );",
      "<intent_1> = ( timer for <number> minutes );",
      "<intent_2> = ( <number> ( plus <number> )+ );",
      "<number> = ( one | two );",
      "",
    ].join("\n"),
  );
});

test("a grammar with nothing closed hears nothing", () => {
  const open = parseGrammar({ intents: [{ name: "open", templates: ["call it {name:*}"] }] });

  expect(toJsgf(open, "empty")).toBe("#JSGF V1.0;\ngrammar empty;\npublic <command> = <VOID>;\n");
  expect(examples(open, seeded(1), 3)).toEqual([]);
  expect(vocabulary(open)).toEqual([]);
});

test("the vocabulary is every word of the closed part, once", () => {
  expect(vocabulary(grammar)).toEqual([
    "for",
    "is",
    "it",
    "minutes",
    "now",
    "one",
    "plus",
    "the",
    "time",
    "timer",
    "two",
    "what",
    "what's",
  ]);
});

test("every example is understood as the intent it was made from", () => {
  const made = examples(grammar, seeded(7), 300);

  const understood = made.map(({ text }) => matchGrammar(grammar, text.split(" "))?.intent);

  expect(understood).toEqual(made.map(({ intent }) => intent));
  expect(new Set(made.map(({ text }) => text)).size).toBeGreaterThan(10);
});
