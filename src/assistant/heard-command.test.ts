import { expect, test } from "bun:test";
import type { CoreRequest } from "#ports/core.ts";
import { FakeClock } from "#testing/fake-clock.ts";
import { silentLog } from "#testing/silent-log.ts";
import { englishCommands } from "./command-grammar.ts";
import { Conversations } from "./conversation.ts";
import { createLocalIntents } from "./local-intents.ts";
import { createTimers } from "./timers.ts";

/** The intents found in a transcript with what was read from the sound, and why. */
function found(text: string, command: CoreRequest["command"]): [intent: string, reason: string] | undefined {
  const clock = new FakeClock();
  const newId = (prefix: string) => `${prefix}-1`;
  const timers = createTimers({ clock, newId, log: silentLog, onRing: () => undefined });
  const at = () => ({ year: 2026, month: 11, day: 20, weekday: 5, hour: 15, minute: 25, second: 0 });
  const localTime = { timeZone: "UTC", at };
  const intents = createLocalIntents({
    commands: englishCommands(),
    timers,
    clock,
    localTime,
    hourCycle: 12,
  });
  const conversation = new Conversations().open("kitchen");
  const request = {
    turnId: "turn-1",
    sessionId: "s",
    satelliteId: "kitchen",
    room: undefined,
    text,
    command,
  };
  const answer = intents(request, conversation, conversation.begin("turn-1", text));
  return answer && [answer.intent, answer.reason];
}

const timer = (llr: number) => ({
  intent: "timer-set",
  slots: { duration: "ten minutes" },
  text: "set a timer for ten minutes",
  llr,
});

test("a command that was surely read from the sound is believed over a garbled transcript", () => {
  expect(found("said of time or for den minute", timer(-0.2))).toEqual(["timer-set", "heard"]);
});

test("a likely command is believed when the transcript is no command", () => {
  expect(found("said of time or for den minute", timer(-1.5))).toEqual(["timer-set", "heard"]);
});

test("a transcript that is a command is believed over a merely likely one", () => {
  expect(found("what time is it", timer(-1.5))).toEqual(["time", "exact"]);
});

test("an unlikely command is not believed", () => {
  expect(found("the cat sat on the mat", timer(-2.5))).toBeUndefined();
});

test("a chain of commands in the transcript is more than the one that was heard", () => {
  expect(found("what time is it and set a timer for ten minutes", timer(-0.2))?.[0]).toBe("time+timer-set");
});
