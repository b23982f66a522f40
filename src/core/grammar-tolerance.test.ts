import { expect, test } from "bun:test";
import { matchGrammar, parseGrammar } from "./grammar.ts";
import { matchTolerantly } from "./grammar-tolerance.ts";

const grammar = parseGrammar({
  intents: [
    { name: "time", templates: ["what time is it", "what is the time"] },
    { name: "timer", templates: ["set (a | the) timer for {length:(<number> | <digits>) minutes}"] },
    { name: "named", templates: ["call the timer {name:*}"] },
    { name: "stop", templates: ["stop talking"] },
  ],
  rules: { number: "two | four | ten | fifteen | fifty" },
  weak: ["a", "the", "for", "is", "it"],
  alike: [
    ["four", "for"],
    ["set", "said"],
  ],
});
const match = (text: string) => matchTolerantly(grammar, text.split(" "));

test("a misspelled word is forgiven and costs score", () => {
  expect(match("set a time for ten minutes")).toEqual({
    intent: "timer",
    slots: { length: "ten minutes" },
    score: expect.closeTo(1 - 0.2 / 5),
  });
});

test("a perfect sentence scores one", () => {
  expect(match("set the timer for 15 minutes")).toEqual({
    intent: "timer",
    slots: { length: "15 minutes" },
    score: 1,
  });
});

test("weak words may be lost, added or exchanged", () => {
  const slots = { length: "ten minutes" };

  expect(match("set timer for ten minutes")).toMatchObject({ intent: "timer", slots });
  expect(match("set a the timer for ten minutes")).toMatchObject({ intent: "timer", slots });
  expect(match("set it timer for ten minutes")).toMatchObject({ intent: "timer", slots });
  expect(match("what time it")).toMatchObject({ intent: "time" });
});

test("other words may not be lost, added or exchanged", () => {
  const others = [
    "set a for ten minutes",
    "set a timer for ten minutes tomorrow",
    "set a table for ten minutes",
    "set a timer and ten minutes",
    "do not set a timer for ten minutes",
  ];

  expect(others.map(match)).toEqual(others.map(() => undefined));
});

test("known sound-alikes are taken for the word meant, also inside a slot", () => {
  expect(match("said a timer for for minutes")).toMatchObject({
    intent: "timer",
    slots: { length: "four minutes" },
  });
  expect(match("set a timer four ten minutes")).toMatchObject({ slots: { length: "ten minutes" } });
});

test("a slot forgives nothing but sound-alikes", () => {
  const others = [
    "set a timer for fifteem minutes",
    "set a timer for minutes",
    "set a timer for ten a minutes",
  ];

  expect(others.map(match)).toEqual(others.map(() => undefined));
});

test("several errors together are too much", () => {
  expect(match("wat time it")).toBeUndefined();
  expect(match("set tima ten minutes")).toBeUndefined();
});

test("an open slot is never filled by a tolerant match", () => {
  expect(matchGrammar(grammar, "call the timer pasta".split(" "))?.intent).toBe("named");
  expect(match("call the timer pasta")).toBeUndefined();
});

test("fewer than three and more than twenty words are left alone", () => {
  expect(match("stop talking")).toBeUndefined();
  expect(match("stop taking")).toBeUndefined();
  expect(matchTolerantly(grammar, Array(21).fill("a"))).toBeUndefined();
});

test("the nearer of two intents wins", () => {
  const close = parseGrammar({
    intents: [
      { name: "lights", templates: ["switch every light on"] },
      { name: "sights", templates: ["switch every sight on"] },
    ],
  });

  expect(matchTolerantly(close, "switch every sigh on".split(" "))?.intent).toBe("sights");
  expect(matchTolerantly(close, "switch every lights on".split(" "))?.intent).toBe("lights");
});
