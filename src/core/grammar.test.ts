import { expect, test } from "bun:test";
import { type GrammarSource, matchGrammar, parseGrammar } from "./grammar.ts";
import { GrammarError } from "./grammar-pattern.ts";
import { wordsOf } from "./words.ts";

const source: GrammarSource = {
  intents: [
    { name: "time", templates: ["what time is it [now]", "(what's | what is) the time"] },
    {
      name: "timer",
      templates: ["set (a | the) timer for {length:<number> minutes} [called {name:*} [please]]"],
    },
    { name: "sum", templates: ["what is {sum:<number> (<operator> <number>)+}"] },
    { name: "volume", templates: ["volume {level:<digits>}", "volume {level:<number>} {level:(percent)}"] },
    { name: "shadowed", templates: ["what time is it"] },
  ],
  rules: { number: "<digit> | ten | <digits>", digit: "one | two | three", operator: "plus | minus" },
};
const grammar = parseGrammar(source);
const match = (text: string) => matchGrammar(grammar, wordsOf(text));

test("a sentence of a template is its intent, the first that fits", () => {
  expect(match("What time is it?")).toEqual({ intent: "time", slots: {} });
  expect(match("what's the time")).toEqual({ intent: "time", slots: {} });
});

test("anything more, less or else matches nothing", () => {
  const others = [
    "what time is",
    "what time is it today",
    "time is it",
    "",
    "what's the",
    "volume a",
    "volume 1.2.3",
  ];

  expect(others.map(match)).toEqual(others.map(() => undefined));
});

test("a slot holds the words that filled it", () => {
  expect(match("set the timer for ten minutes")).toEqual({
    intent: "timer",
    slots: { length: "ten minutes" },
  });
  expect(match("set a timer for 2.5 minutes")?.slots).toEqual({ length: "2.5 minutes" });
});

test("an open slot takes as few words as it can, and six at most", () => {
  expect(match("set a timer for two minutes called soft boiled eggs please")?.slots).toEqual({
    length: "two minutes",
    name: "soft boiled eggs",
  });
  expect(match("set a timer for two minutes called one two three one two three")?.slots).toEqual({
    length: "two minutes",
    name: "one two three one two three",
  });
  expect(match("set a timer for two minutes called a b c d e f g")).toBeUndefined();
});

test("a repeated part matches once or more, not never", () => {
  expect(match("what is one plus two minus ten plus 4")?.slots).toEqual({
    sum: "one plus two minus ten plus 4",
  });
  expect(match("what is one")).toBeUndefined();
});

test("a slot filled twice keeps the later words", () => {
  expect(match("volume ten percent")?.slots).toEqual({ level: "percent" });
});

test("an utterance of more than forty words matches nothing", () => {
  const sum = (terms: number) => `what is one${" plus one".repeat(terms)}`;

  expect(match(sum(18))?.intent).toBe("sum");
  expect(match(sum(19))).toBeUndefined();
});

test("what may stand around every sentence is written once", () => {
  const polite = parseGrammar({
    intents: [{ name: "stop", templates: ["stop"] }],
    before: "[please]",
    after: "[now]",
  });

  expect(
    ["stop", "please stop now", "now stop"].map((text) => matchGrammar(polite, wordsOf(text))?.intent),
  ).toEqual(["stop", "stop", undefined]);
});

test("a grammar that cannot be built is refused", () => {
  const build = (template: string, rules: Record<string, string> = {}) =>
    parseGrammar({ intents: [{ name: "x", templates: [template] }], rules });
  const chain = Object.fromEntries(
    Array.from({ length: 14 }, (_, i) => [`r${"a".repeat(i)}`, `<r${"a".repeat(i + 1)}>`]),
  );
  const doubling = Object.fromEntries(
    Array.from({ length: 11 }, (_, i) => [
      `r${"a".repeat(i)}`,
      `<r${"a".repeat(i + 1)}> <r${"a".repeat(i + 1)}>`,
    ]),
  );
  doubling[`r${"a".repeat(11)}`] = "a b c d e f g h i j k l m n o p q r s t u v w x y z a b c d e f g h";

  expect(() => parseGrammar({ intents: [{ name: "x", templates: [] }] })).toThrow(GrammarError);
  expect(() => build("<missing>")).toThrow("there is no rule <missing>");
  expect(() => build("<a>", { a: "<b>", b: "x <a>" })).toThrow("rule <a> uses itself");
  expect(() => build("{a:x {b:y}}")).toThrow('slot "b" lies inside another slot');
  expect(() => build("<r>", chain)).toThrow("nested past 12");
  expect(() => build("<r>", doubling)).toThrow("grows past 60000 nodes");
});

test("matching stays fast on a template made to explode a backtracking matcher", () => {
  const nasty = parseGrammar({
    intents: [{ name: "x", templates: [`${"[a] ".repeat(40)}${"a ".repeat(40)}`] }],
  });

  expect(matchGrammar(nasty, Array(40).fill("a"))?.intent).toBe("x");
  expect(matchGrammar(nasty, [...Array(39).fill("a"), "b"])).toBeUndefined();
});
