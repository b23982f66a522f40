import { expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { examples, toJsgf, vocabulary } from "#core/grammar-export.ts";
import { type Command, commandsIn, englishCommands } from "./command-grammar.ts";

const english = englishCommands();
const { HEARTH_SPEECH } = Bun.env;
const speechFolder = HEARTH_SPEECH ?? join(import.meta.dir, "../../../shared/speech");
const manifest = join(speechFolder, "MANIFEST.tsv");
const intentsOf = (text: string) => commandsIn(english, text)?.map(({ intent }) => intent);

/** Numbers that look random and are the same on every run. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1664525 + 1013904223) % 4294967296;
    return state / 4294967296;
  };
}

test("people's ways of asking are understood", () => {
  const said: Record<string, string> = {
    "What time is it?": "time",
    "whats the time please": "time",
    "Could you tell me what time it is?": "time",
    "What's the date today?": "date",
    "what day is it": "day",
    "what year is it": "year",
    "which month is it": "month",
    "set a timer for ten minutes": "timer-set",
    "Set a ten-minute timer.": "timer-set",
    "set a 10min timer": "timer-set",
    "timer for half an hour": "timer-set",
    "set a timer": "timer-set",
    "how much time is left on the pasta timer": "timer-left",
    "how long left": "timer-left",
    "how much time do i have left": "timer-left",
    "when does the timer go off": "timer-left",
    "what timers are running": "timer-list",
    "do i have any timers": "timer-list",
    "cancel the timer": "timer-cancel",
    "stop the ten minute timer": "timer-cancel",
    "cancel all timers": "timer-cancel-all",
    "delete all of my timers": "timer-cancel-all",
    "what is twelve times seven": "arithmetic",
    "12 * 7": "arithmetic",
    "how much is twenty percent of fifty": "arithmetic",
    "Stop!": "stop",
    "never mind": "stop",
    nevermind: "stop",
    "shut up": "stop",
    "repeat that please": "repeat",
    "say that again": "repeat",
    "What did you say?": "repeat",
    "what did you hear": "heard",
    "set the volume to fifty percent": "volume-set",
    "volume 5": "volume-set",
    "turn it up": "volume-up",
    louder: "volume-up",
    "turn the volume down a bit": "volume-down",
    "quieter please": "volume-down",
    "what can you do": "help",
  };

  expect(Object.keys(said).map(intentsOf)).toEqual(Object.values(said).map((intent) => [intent]));
});

test("the slots of a timer are told apart", () => {
  const slots = (text: string) => commandsIn(english, text)?.[0]?.slots;

  expect(slots("set a pasta timer for ten minutes")).toEqual({ name: "pasta", duration: "ten minutes" });
  expect(slots("set a timer for an hour and thirty minutes called sunday roast")).toEqual({
    name: "sunday roast",
    duration: "an hour and thirty minutes",
  });
  expect(slots("set a timer called tea for five minutes")).toEqual({ name: "tea", duration: "five minutes" });
  expect(slots("set a two and a half minute timer for the eggs")).toEqual({
    name: "eggs",
    duration: "two and a half minute",
  });
  expect(slots("cancel the ten minute timer")).toEqual({ which: "ten minute" });
  expect(slots("cancel the pasta timer")).toEqual({ name: "pasta" });
});

test("commands joined by and are all found", () => {
  expect(intentsOf("what time is it and set a timer for five minutes")).toEqual(["time", "timer-set"]);
  expect(intentsOf("turn it up and then tell me the time and what's the date")).toEqual([
    "volume-up",
    "time",
    "date",
  ]);
});

test("an and inside a command does not part it", () => {
  expect(intentsOf("set a timer for one hour and ten minutes")).toEqual(["timer-set"]);
  expect(intentsOf("how much is one hundred and one plus two")).toEqual(["arithmetic"]);
});

test("a chain with one part that is no command, or of four, is not taken", () => {
  expect(intentsOf("what time is it and who cares")).toBeUndefined();
  expect(intentsOf("louder and louder and louder and louder")).toBeUndefined();
});

test("an utterance with many ands is not searched for a chain", () => {
  expect(intentsOf(`what time is it${" and and and and"} stop`)).toBeUndefined();
  expect(intentsOf("stop and and and and and")).toBeUndefined();
});

test("what a recogniser misheard is still understood", () => {
  const misheard: Record<string, string> = {
    "SET A TIME FOR TEN MINUTES": "timer-set",
    "SAID A TIMER FOR TEN MINUTES": "timer-set",
    "SET TIMER FOR TEN MINUTES": "timer-set",
    "SET A TIMER FOR TO MINUTES": "timer-set",
    "WHAT TIMES IS IT": "time",
    "WHAT TIME IT": "time",
    "WHAT IS A DATE TODAY": "date",
    "WHAT DAYS IS IT": "day",
    "CANCEL OLD TIMERS": "",
    "CANSEL THE TIMER": "timer-cancel",
    "HOW MUCH TIME IS LEFT ON A TIMER": "timer-left",
    "WHAT DID YOU HERE": "heard",
    "WHAT IS TWELVE TIMES SEVEN UH": "arithmetic",
    "TURN THE VOLUMES UP": "volume-up",
    "SAY THAT AGAINST": "repeat",
  };

  expect(Object.keys(misheard).map((text) => intentsOf(text)?.[0] ?? "")).toEqual(Object.values(misheard));
});

test("no unrelated sentence becomes a command", async () => {
  const sentences = await Bun.file(join(import.meta.dir, "fixtures/unrelated-sentences.txt")).text();
  const lines = sentences.trim().split("\n");

  const taken = lines.filter((line) => commandsIn(english, line));

  expect(lines.length).toBeGreaterThanOrEqual(200);
  expect(taken).toEqual([]);
});

const read = existsSync(manifest);
test.skipIf(!read)(
  `no sentence read from a book becomes a command${read ? "" : ` (skipped: no speech at ${speechFolder})`}`,
  async () => {
    const rows = (await Bun.file(manifest).text()).trim().split("\n");
    const books = rows.filter((row) => /^(libri|negatives|sentences\/(LJ|ps-))/u.test(row));

    const taken = books.filter((row) => commandsIn(english, row.split("\t")[1] ?? ""));

    expect(books.length).toBeGreaterThanOrEqual(100);
    expect(taken).toEqual([]);
  },
);

test("one foreign word in a command keeps it from being one", () => {
  const made = examples(english.grammar, seeded(3), 400).map(({ text }) => text.split(" "));
  const random = seeded(5);

  const taken = made
    .filter((words) => words.length >= 3)
    .map((words) => words.toSpliced(Math.floor(random() * words.length), 0, "gherkin").join(" "))
    .map((text) => commandsIn(english, text) ?? [])
    // An open slot may hold any word; it is what it is for.
    .filter((commands: readonly Command[]) =>
      commands.some(({ slots }) => !JSON.stringify(slots).includes("gherkin")),
    );

  expect(taken.flat()).toEqual([]);
});

test("every sentence the recogniser may hear is understood as meant", () => {
  const made = examples(english.grammar, seeded(11), 1000);

  expect(made.map(({ text }) => intentsOf(text))).toEqual(made.map(({ intent }) => [intent]));
});

test("the recogniser's grammar holds plain words only", () => {
  expect(toJsgf(english.grammar)).toStartWith("#JSGF V1.0;\ngrammar hearth;\npublic <command> = <intent_0>");
  expect(vocabulary(english.grammar).filter((word) => !/^[a-z']+$/u.test(word))).toEqual([]);
});
