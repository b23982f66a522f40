import { expect, test } from "bun:test";
import type { CoreEffect } from "#ports/core.ts";
import type { LocalMoment } from "#ports/local-time.ts";
import { FakeClock } from "#testing/fake-clock.ts";
import { type CommandGrammar, englishCommands } from "./command-grammar.ts";
import { Conversations } from "./conversation.ts";
import { ringText } from "./intents/timer-words.ts";
import { createLocalIntents } from "./local-intents.ts";
import { createTimers } from "./timers.ts";

const english = englishCommands();
const afternoon: LocalMoment = {
  year: 2026,
  month: 11,
  day: 20,
  weekday: 5,
  hour: 15,
  minute: 25,
  second: 0,
};
const silent = () => {};
const log = { debug: silent, info: silent, warn: silent, error: silent };

/** A household with one satellite "kitchen" and one "office"; `say` answers an utterance. */
function house(commands: CommandGrammar = english) {
  const clock = new FakeClock();
  let ids = 0;
  const newId = (prefix: string) => `${prefix}-${++ids}`;
  const rung: string[] = [];
  const timers = createTimers({ clock, newId, log, onRing: (timer) => rung.push(ringText(timer)) });
  const localTime = { timeZone: "UTC", at: () => afternoon };
  const intents = createLocalIntents({ commands, timers, clock, localTime, hourCycle: 12 });
  const conversations = new Conversations();
  const answer = (text: string, satelliteId = "kitchen") => {
    const conversation = conversations.open(satelliteId);
    const turnId = newId("turn");
    const exchange = conversation.begin(turnId, text);
    const request = { turnId, sessionId: satelliteId, satelliteId, room: undefined, text };
    const given = intents(request, conversation, exchange);
    exchange.reply = given?.text ?? "";
    return given;
  };
  const say = (text: string, satelliteId?: string) => answer(text, satelliteId)?.text;
  return { clock, rung, timers, answer, say };
}

test("time and calendar are told", () => {
  const { say } = house();

  expect(
    ["what time is it", "what's the date", "what day is it", "what month is it", "what year is it"].map(
      (text) => say(text),
    ),
  ).toEqual([
    "It's three twenty-five PM.",
    "It's Friday, November twentieth.",
    "It's Friday.",
    "It's November.",
    "It's twenty twenty-six.",
  ]);
});

test("a timer is set, asked for, and rings", async () => {
  const { clock, rung, say } = house();

  expect(say("set a timer for ten minutes")).toBe("Timer set for ten minutes.");
  await clock.advance(40_000);
  expect(say("how much time is left")).toBe("Nine minutes and twenty seconds left on the ten minute timer.");
  await clock.advance(560_000);

  expect(rung).toEqual(["Your ten minute timer is done."]);
  expect(say("how much time is left")).toBe("There are no timers.");
});

test("named timers are told apart", async () => {
  const { clock, rung, say } = house();
  say("set a pasta timer for eight minutes");
  say("set a timer for half an hour called sunday roast");

  expect(say("what timers are running")).toBe(
    "You have two timers: the pasta timer with eight minutes left and the sunday roast timer with thirty minutes left.",
  );
  expect(say("how long is left on the sunday roast timer")).toBe(
    "Thirty minutes left on the sunday roast timer.",
  );
  expect(say("how much time is left")).toBe(
    "The pasta timer has eight minutes left and the sunday roast timer has thirty minutes left.",
  );
  expect(say("how long is left on the egg timer")).toBe("There is no egg timer.");
  expect(say("cancel the pastor timer")).toBe("Pasta timer cancelled.");
  expect(say("what timers are running")).toBe(
    "You have one timer: the sunday roast timer with thirty minutes left.",
  );
  await clock.advance(1_800_000);
  expect(rung).toEqual(["Your sunday roast timer is done."]);
});

test("a timer can be meant by its length", () => {
  const { say } = house();
  say("set a five minute timer");
  say("set a ten minute timer");

  expect(say("cancel the five minute timer")).toBe("Five minute timer cancelled.");
  expect(say("cancel the two minute timer")).toBe("There is no two minute timer.");
});

test("cancelling needs to know which, unless there is only one", () => {
  const { say } = house();

  expect(say("cancel the timer")).toBe("There are no timers.");
  say("set a tea timer for three minutes");
  say("set a five minute timer");
  expect(say("cancel the timer")).toBe(
    "You have the tea timer and the five minute timer. Say, for example: cancel the tea timer.",
  );
  say("cancel the tea timer");
  expect(say("cancel the timer")).toBe("Five minute timer cancelled.");
});

test("all timers are cancelled at once", () => {
  const { say, timers } = house();
  expect(say("cancel all timers")).toBe("There are no timers.");
  expect(say("list my timers")).toBe("There are no timers.");
  say("set a five minute timer");
  expect(say("cancel all timers")).toBe("Timer cancelled.");
  say("set a five minute timer");
  say("set a six minute timer");

  expect(say("cancel all of my timers")).toBe("All timers cancelled.");
  expect(timers.list("kitchen")).toEqual([]);
});

test("of many timers only the next few are told", () => {
  const { say } = house();
  for (let minutes = 1; minutes <= 7; minutes++) say(`set a timer for ${minutes} minutes`);

  expect(say("list my timers")).toStartWith(
    "You have seven timers. The next to ring are the one minute timer with one minute left, the two minute",
  );
  expect(say("list my timers")).not.toContain("six minute");
});

test("timers belong to the satellite they were set on", () => {
  const { say } = house();
  say("set a timer for ten minutes", "kitchen");

  expect(say("how much time is left", "office")).toBe("There are no timers.");
});

test("a timer without a length is asked about, and the answer sets it", () => {
  const { say } = house();

  expect(say("set a timer called pasta")).toBe("For how long?");
  expect(say("ten minutes")).toBe("Pasta timer set for ten minutes.");
});

test("a bare length means nothing when nobody asked, or no more", () => {
  const { say, timers } = house();

  expect(say("ten minutes")).toBeUndefined();
  say("set a timer");
  say("what time is it");
  expect(say("ten minutes")).toBeUndefined();
  say("set a timer");
  expect(say("what time is it and ten minutes")).toBeUndefined();

  expect(timers.list("kitchen")).toEqual([]);
});

test("timers that are too long, too short or too many are refused in words", () => {
  const { say } = house();
  const refusal = "I can set timers from one second to twenty-four hours.";

  expect(say("set a timer for 25 hours")).toBe(refusal);
  expect(say("set a timer for 0 minutes")).toBe(refusal);
  for (let count = 0; count < 50; count++) say("set a timer for one hour");
  expect(say("set a timer for one hour")).toBe("There are too many timers already. Cancel one first.");
});

test("sums are answered in words", () => {
  const { say } = house();
  const sums = [
    "what is twelve times seven",
    "7 / 3",
    "what is five divided by zero",
    "10 * 2.5",
    "one over 3000000",
  ];

  expect(sums.map((text) => say(text))).toEqual([
    "That's eighty-four.",
    "That's about two point three three three.",
    "Nothing can be divided by zero.",
    "That's twenty-five.",
    "That's about zero.",
  ]);
  expect(say("999999999999 * 999999999999 * 999999999999")).toBe("That's more than I can reckon.");
});

test("the volume is set, raised and lowered", () => {
  const { answer } = house();
  const effects = (text: string): readonly CoreEffect[] | undefined => answer(text)?.effects;

  expect(effects("set the volume to fifty percent")).toEqual([{ kind: "set-volume", level: 0.5 }]);
  expect(effects("volume 3")).toEqual([{ kind: "set-volume", level: 0.3 }]);
  expect(effects("volume three percent")).toEqual([{ kind: "set-volume", level: 0.03 }]);
  expect(effects("volume 30")).toEqual([{ kind: "set-volume", level: 0.3 }]);
  expect(effects("full volume")).toEqual([{ kind: "set-volume", level: 1 }]);
  expect(effects("louder")).toEqual([{ kind: "change-volume", by: 0.1 }]);
  expect(effects("turn it down")).toEqual([{ kind: "change-volume", by: -0.1 }]);
  expect(answer("volume 300")).toMatchObject({
    text: "The volume goes from zero to one hundred percent.",
    effects: [],
  });
});

test("stop is silent", () => {
  const { answer } = house();

  expect(answer("stop")).toEqual({
    intent: "stop",
    reason: "exact",
    text: "",
    effects: [{ kind: "stop" }],
  });
});

test("the last reply is repeated, and there may be none", () => {
  const { say } = house();

  expect(say("say that again")).toBe("I haven't said anything yet.");
  say("what day is it");
  say("stop");
  expect(say("say that again")).toBe("It's Friday.");
  expect(say("repeat that")).toBe("It's Friday.");
});

test("what was heard before is told, and there may be nothing", () => {
  const { say } = house();

  expect(say("what did you hear")).toBe("I haven't heard anything before.");
  say("What day is it?");
  expect(say("what did you hear")).toBe("I heard: What day is it.");
  say("say that again");
  expect(say("what did you hear")).toBe("I heard: What day is it.");
});

test("a chain is answered in one breath", () => {
  const { answer, timers } = house();

  expect(answer("what time is it and set a timer for five minutes and turn it up")).toEqual({
    intent: "time+timer-set+volume-up",
    reason: "exact",
    text: "It's three twenty-five PM. Timer set for five minutes. Louder.",
    effects: [{ kind: "change-volume", by: 0.1 }],
  });
  expect(timers.list("kitchen").length).toBe(1);
});

test("a near match says how near it was", () => {
  const { answer } = house();

  expect(answer("SET A TIME FOR TEN MINUTES")?.reason).toBe("near, 0.96");
});

test("what is not a command is left to others", () => {
  const { answer } = house();

  expect(answer("tell me a story about a dragon")).toBeUndefined();
});

test("it says what it can do", () => {
  const { say } = house();

  expect(say("what can you do")).toContain("timers");
});

test("a grammar with an intent nobody carries out is refused at the start", () => {
  const [first] = english.source.intents;
  const intents = first ? [{ ...first, name: "juggle" }] : [];

  expect(() => house({ ...english, source: { ...english.source, intents } })).toThrow('the intent "juggle"');
});
