import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { step, type TurnCommand, type TurnInput, type TurnState } from "#core/turn-state.ts";

const idle = { kind: "idle" } as TurnState;
const listening: TurnState = { kind: "listening", turnId: "a", followUp: false };
const followUp: TurnState = { kind: "listening", turnId: "a", followUp: true };
const thinking: TurnState = { kind: "thinking", turnId: "a" };
const speaking: TurnState = { kind: "speaking", turnId: "a" };

test("a turn goes from wake to idle through every state", () => {
  const inputs: TurnInput[] = [
    { kind: "wake", turnId: "a", source: "hub" },
    { kind: "utterance-end" },
    { kind: "reply-start", turnId: "a" },
    { kind: "reply-end", turnId: "a", reason: "answered", followUp: undefined },
  ];

  const states: string[] = [];
  const commands: string[] = [];
  let state = idle;
  for (const input of inputs) {
    const [next, asked] = step(state, input);
    state = next;
    states.push(state.kind);
    commands.push(...asked.map((command) => command.kind));
  }

  expect(states).toEqual(["listening", "thinking", "speaking", "idle"]);
  expect(commands).toEqual(["listen", "think", "end"]);
});

describe("a barge-in", () => {
  for (const state of [thinking, speaking]) {
    test(`by wake while ${state.kind} cancels the turn and listens`, () => {
      expect(step(state, { kind: "wake", turnId: "b", source: "hub" })).toEqual([
        { kind: "listening", turnId: "b", followUp: false },
        [
          { kind: "cancel", turnId: "a", reason: "barge-in" },
          { kind: "listen", turnId: "b", source: "hub" },
        ],
      ]);
    });
  }

  test("by speech interrupts only what is being spoken", () => {
    expect(step(speaking, { kind: "speech", turnId: "b" })).toEqual([
      { kind: "listening", turnId: "b", followUp: false },
      [
        { kind: "cancel", turnId: "a", reason: "barge-in" },
        // Speech began it, so that what was said before the hub noticed belongs to it.
        { kind: "listen", turnId: "b", source: "always" },
      ],
    ]);
    expect(step(thinking, { kind: "speech", turnId: "b" })).toEqual([thinking, []]);
  });

  test("by typed text answers the text", () => {
    expect(step(speaking, { kind: "text", turnId: "b" })).toEqual([
      { kind: "thinking", turnId: "b" },
      [
        { kind: "cancel", turnId: "a", reason: "barge-in" },
        { kind: "answer", turnId: "b" },
      ],
    ]);
  });
});

test("the button ends a listening session and begins one from everywhere else", () => {
  expect(step(listening, { kind: "button", turnId: "b" })).toEqual([
    idle,
    [{ kind: "cancel", turnId: "a", reason: "stopped" }],
  ]);
  expect(step(idle, { kind: "button", turnId: "b" })[0].kind).toBe("listening");
  expect(step(speaking, { kind: "button", turnId: "b" })[0].kind).toBe("listening");
});

test("a second wake while listening is the same wake heard twice", () => {
  expect(step(listening, { kind: "wake", turnId: "b", source: "hub" })).toEqual([listening, []]);
});

test("a wake in the follow-up window begins a new turn", () => {
  expect(step(followUp, { kind: "wake", turnId: "b", source: "hub" })[0]).toEqual({
    kind: "listening",
    turnId: "b",
    followUp: false,
  });
});

test("silence in the follow-up window ends without a sound", () => {
  const [, commands] = step(followUp, { kind: "no-speech" });

  expect(commands).toEqual([{ kind: "no-speech", turnId: "a", silent: true }]);
});

test("a late end of a cancelled turn is ignored", () => {
  const late: TurnInput = { kind: "reply-end", turnId: "old", reason: "answered", followUp: undefined };

  expect(step(speaking, late)).toEqual([speaking, []]);
  expect(step(idle, late)).toEqual([idle, []]);
});

test("an announcement waits for idle", () => {
  expect(step(listening, { kind: "announce", turnId: "b" })).toEqual([listening, []]);
  expect(step(idle, { kind: "announce", turnId: "b" })[0]).toEqual({ kind: "speaking", turnId: "b" });
});

test("whatever comes in whatever order, every turn that began is ended or cancelled exactly once", () => {
  const kinds = [
    "wake",
    "button",
    "text",
    "announce",
    "speech",
    "utterance-end",
    "no-speech",
    "reply-start",
    "reply-end",
    "stop",
  ];
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...kinds), { maxLength: 60 }), (names) => {
      let state: TurnState = idle;
      const begun: string[] = [];
      const ended: string[] = [];
      names.forEach((name, i) => {
        const [next, commands]: [TurnState, TurnCommand[]] = step(state, inputOf(name, `t${i}`, state));
        for (const command of commands) {
          if (["listen", "answer", "announce"].includes(command.kind)) begun.push(command.turnId);
          if (["cancel", "end"].includes(command.kind)) ended.push(command.turnId);
        }
        state = next;
      });
      const running = state.kind === "idle" ? [] : [state.turnId];

      expect([...ended, ...running].sort()).toEqual(begun.sort());
    }),
  );
});

function inputOf(kind: string, turnId: string, state: TurnState): TurnInput {
  const running = state.kind === "idle" ? "none" : state.turnId;
  switch (kind) {
    case "wake":
      return { kind, turnId, source: "hub" };
    case "reply-start":
      return { kind, turnId: running };
    case "reply-end":
      return {
        kind,
        turnId: running,
        reason: "answered",
        followUp: turnId.endsWith("3") ? `${turnId}f` : undefined,
      };
    case "stop":
      return { kind, reason: "stopped" };
    case "utterance-end":
    case "no-speech":
      return { kind };
    default:
      return { kind: kind as "button", turnId };
  }
}
