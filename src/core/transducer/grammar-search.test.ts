import { expect, test } from "bun:test";
import { GrammarError } from "#core/grammar-pattern.ts";
import { tableJoint } from "#testing/table-joint.ts";
import { readTokens } from "./grammar-reading.ts";
import { GrammarSearch } from "./grammar-search.ts";
import { GrammarStates } from "./grammar-states.ts";
import { GreedySearch } from "./greedy-search.ts";
import { Spelling } from "./spelling.ts";
import { type CommandVocabulary, compileGrammar } from "./token-grammar.ts";

const WORDS =
  "turn on off the light kitchen lamp set timer for ten minutes please a m am at alarm play queen stop radio to";
// Whole words are tokens, and so are letters that go on with one: "S" makes "lights" of "light".
const pieces = [
  "<blk>",
  "<sos/eos>",
  "<unk>",
  ...WORDS.split(" ").map((word) => `▁${word.toUpperCase()}`),
  "S",
  "▁B",
];
const spelling = new Spelling(
  pieces.map((piece, id) => `${piece} ${id}`).join("\n"),
  pieces.slice(3).map((piece) => [piece, -1] as const),
);
const joint = tableJoint(pieces.length, 1e4);

const house: CommandVocabulary = {
  grammar: {
    before: "[please]",
    after: "[please]",
    intents: [
      { name: "switch", templates: ["turn {state:(on | off)} the {what:<device>}"] },
      { name: "timer", templates: ["set a timer [for {duration:<duration>}]"] },
      { name: "alarm", templates: ["alarm at ten {half:(a m)}"] },
      { name: "play", templates: ["play {what:*} on the radio", "play {what:*}"] },
      { name: "stop", templates: ["stop"] },
      { name: "typed", templates: ["timer <digits>"] },
    ],
    rules: { duration: "<number> minutes", number: "ten" },
  },
  names: { device: ["light", "kitchen light", "lights", "Kitchen Lamp", "lamp 2"] },
};

/** Frames in which a text is said, a token and a pause at a time. */
function said(text: string): Float32Array {
  return Float32Array.from(text === "" ? [0, 0] : spelling.spell(text).flatMap((token) => [token, 0]));
}

function hear(text: string, vocabulary = house) {
  const grammar = compileGrammar(vocabulary, spelling);
  const states = new GrammarStates(grammar, spelling);
  const search = new GrammarSearch(joint, states, spelling);
  const greedy = new GreedySearch(joint);
  search.push(said(text), said(text).length);
  greedy.push(said(text), said(text).length);
  const best = search.best();
  const command = best && readTokens(grammar, states, spelling, best.tokens);
  const llr = best ? (best.score - greedy.score) / best.tokens.length : Number.NEGATIVE_INFINITY;
  return { command, llr, closed: best?.closed };
}

test("a command is heard with its slots, and with full confidence", () => {
  const { command, llr } = hear("turn on the kitchen light");

  expect(command).toEqual({
    intent: "switch",
    slots: { state: "on", what: "kitchen light" },
    text: "turn on the kitchen light",
  });
  expect(llr).toBeCloseTo(0, 3);
});

test("rules within slots, and politeness before and after, are heard", () => {
  expect(hear("please set a timer for ten minutes please").command).toEqual({
    intent: "timer",
    slots: { duration: "ten minutes" },
    text: "please set a timer for ten minutes please",
  });
});

test("a name that goes on where another ends is heard whole", () => {
  expect(hear("turn off the lights").command?.slots).toEqual({ state: "off", what: "lights" });
  expect(hear("turn off the light").command?.slots).toEqual({ state: "off", what: "light" });
  expect(hear("turn off the kitchen lamp").command?.slots).toMatchObject({ what: "kitchen lamp" });
});

test("what sounds otherwise is told as the grammar writes it", () => {
  const expected = { intent: "alarm", slots: { half: "a m" }, text: "alarm at ten a m" };

  expect(hear("alarm at ten a m").command).toEqual(expected);
  expect(hear("alarm at ten am").command).toEqual(expected);
  const other = { ...house, spellings: { stop: ["off off"] } };
  expect(hear("off off", other).command).toEqual({ intent: "stop", slots: {}, text: "stop" });
});

test("an open slot takes words the grammar does not know, at a price", () => {
  const { command, llr } = hear("play queen b");

  expect(command).toEqual({ intent: "play", slots: { what: "queen b" }, text: "play queen b" });
  expect(llr).toBeLessThan(-0.3);
  expect(llr).toBeGreaterThan(-0.7);
  expect(hear("play queen on the radio").command?.slots).toEqual({ what: "queen" });
});

test("a complete command that nothing longer begins like is closed, politeness aside", () => {
  expect(hear("stop").closed).toBe(true);
  expect(hear("stop please").closed).toBe(true);
  expect(hear("set a timer").closed).toBe(false);
  expect(hear("set a timer for ten minutes").closed).toBe(true);
  expect(hear("play queen").closed).toBe(false);
});

test("half a command, other speech and silence are no command, or one nobody would believe", () => {
  for (const text of ["set a", "radio queen lamp", "turn turn turn", ""]) {
    expect(hear(text).llr).toBeLessThan(-2.5);
  }
});

test("an empty grammar hears nothing", () => {
  expect(hear("turn on the light", { grammar: { intents: [] } })).toMatchObject({ command: undefined });
  expect(hear("turn on the light", { ...house, names: { device: [] } }).llr).toBeLessThan(-2.5);
});

test("words that no token spells are left out and told", () => {
  expect(compileGrammar(house, spelling).unspellable).toEqual(["2"]);
});

test("rules that are missing, recursive or nested without end are refused", () => {
  const withRules = (rules: Record<string, string>) => () =>
    compileGrammar({ grammar: { intents: [{ name: "x", templates: ["<a>"] }], rules } }, spelling);
  const deep = Object.fromEntries(
    "abcdefghijklmn".split("").map((name, i, all) => [name, `<${all[i + 1] ?? "z"}>`]),
  );

  expect(withRules({ b: "stop" })).toThrow("there is no rule <a>");
  expect(withRules({ a: "stop [<b>]", b: "<a>" })).toThrow("uses itself");
  expect(withRules({ ...deep, z: "stop" })).toThrow("nested past 12");
  expect(withRules({ a: "stop" })).not.toThrow(GrammarError);
});

test("five thousand names are written out once, and hearing one of them visits few states", () => {
  const parts = WORDS.split(" ");
  const names = Array.from({ length: 5000 }, (_, i) =>
    [i % 17, Math.floor(i / 17) % 17, Math.floor(i / 289)].map((n) => parts[n % parts.length]).join(" "),
  );
  const templates = Array.from({ length: 10 }, (_, i) => `turn ${i % 2 ? "on" : "off"} the {what:<device>}`);
  const vocabulary = { grammar: { intents: [{ name: "switch", templates }] }, names: { device: names } };
  const grammar = compileGrammar(vocabulary, spelling);
  const states = new GrammarStates(grammar, spelling);
  const search = new GrammarSearch(joint, states, spelling);
  const frames = said("turn on the light kitchen ten");

  search.push(frames, frames.length);

  expect(grammar.nodes.length).toBeLessThan(12_000);
  expect(states.size).toBeLessThan(200);
  expect(search.best()?.tokens).toEqual(spelling.spell("turn on the light kitchen ten"));
});

test("a clone goes on by itself", () => {
  const states = new GrammarStates(compileGrammar(house, spelling), spelling);
  const search = new GrammarSearch(joint, states, spelling);
  search.push(said("set a timer"), 6);
  const copy = search.clone();

  copy.push(said("for ten minutes"), 6);

  expect(search.best()?.tokens).toEqual(spelling.spell("set a timer"));
  expect(copy.best()?.tokens).toEqual(spelling.spell("set a timer for ten minutes"));
});
