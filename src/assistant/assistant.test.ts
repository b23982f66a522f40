import { expect, test } from "bun:test";
import { Cancelled, EngineError } from "#core/faults.ts";
import type { Core, CorePart } from "#ports/core.ts";
import type { LanguageModel } from "#ports/language-model.ts";
import { FakeLanguageModel } from "#testing/fake-language-model.ts";
import { asksBack, createAssistant } from "./assistant.ts";
import type { LocalIntents } from "./local-intents.ts";

/** Understands "stop" and "ping", nothing else. */
const localIntents: LocalIntents = ({ text }) => {
  if (text === "stop") return { intent: "stop", reason: "exact", text: "", effects: [{ kind: "stop" }] };
  return text === "ping" ? { intent: "ping", reason: "exact", text: "Pong?", effects: [] } : undefined;
};
const assistant = (model?: LanguageModel) => createAssistant({ localIntents, model });

let turns = 0;
function ask(
  core: Core,
  text: string,
  options: { signal?: AbortSignal; sessionId?: string; room?: string } = {},
) {
  const turnId = `turn-${++turns}`;
  const { sessionId = "s", signal = new AbortController().signal, room } = options;
  return { turnId, parts: core.process({ turnId, sessionId, satelliteId: "kitchen", room, text }, signal) };
}
async function replyTo(core: Core, text: string, options?: Parameters<typeof ask>[2]): Promise<string> {
  const parts = await Array.fromAsync(ask(core, text, options).parts);
  return parts.map((part) => (part.kind === "text-delta" ? part.text : "")).join("");
}

test("a local intent answers without the model", async () => {
  const model = new FakeLanguageModel([]);

  expect(await Array.fromAsync(ask(assistant(model), "ping").parts)).toEqual<CorePart[]>([
    { kind: "decision", by: "intent", intent: "ping", reason: "exact" },
    { kind: "text-delta", text: "Pong?" },
    { kind: "end", asks: true },
  ]);
  expect(model.requests).toEqual([]);
});

test("an effect comes before the text, and silence has no text part", async () => {
  expect(await Array.fromAsync(ask(assistant(), "stop").parts)).toEqual<CorePart[]>([
    { kind: "decision", by: "intent", intent: "stop", reason: "exact" },
    { kind: "effect", effect: { kind: "stop" } },
    { kind: "end", asks: false },
  ]);
});

test("without a model the apology is honest", async () => {
  expect(await Array.fromAsync(ask(assistant(), "why is the sky blue").parts)).toEqual<CorePart[]>([
    { kind: "decision", by: "apology", intent: undefined, reason: "no language model" },
    { kind: "text-delta", text: "I can only do timers, the time, and simple sums without a language model." },
    { kind: "end", asks: false },
  ]);
});

test("the model's reply streams through as it comes", async () => {
  const model = new FakeLanguageModel([{ deltas: ["Because ", "", "of ", "light."] }]);

  expect(await Array.fromAsync(ask(assistant(model), "why is the sky blue").parts)).toEqual<CorePart[]>([
    { kind: "decision", by: "model", intent: undefined, reason: "no local intent" },
    { kind: "text-delta", text: "Because " },
    { kind: "text-delta", text: "of " },
    { kind: "text-delta", text: "light." },
    { kind: "end", asks: false },
  ]);
});

test("the model knows what was said before, local intents included, and the room last", async () => {
  const model = new FakeLanguageModel(["Yes.", "No."]);
  const core = assistant(model);

  await replyTo(core, "one");
  await replyTo(core, "ping");
  await replyTo(core, "two", { room: "kitchen" });

  expect(model.requests[1]?.messages).toEqual([
    { role: "user", text: "one" },
    { role: "assistant", text: "Yes." },
    { role: "user", text: "ping" },
    { role: "assistant", text: "Pong?" },
    { role: "user", text: "two" },
  ]);
  const prefix = model.requests[0]?.system ?? "";
  expect(prefix).toStartWith("You are Hearth");
  expect(model.requests[1]?.system).toBe(`${prefix}\nThe person is in this room: kitchen.`);
});

test("sessions do not hear each other", async () => {
  const model = new FakeLanguageModel(["Yes.", "No."]);
  const core = assistant(model);

  await replyTo(core, "one", { sessionId: "a" });
  await replyTo(core, "two", { sessionId: "b" });

  expect(model.requests[1]?.messages).toEqual([{ role: "user", text: "two" }]);
});

test("what was not heard is not remembered", async () => {
  const model = new FakeLanguageModel(["One. Two. Three.", "Yes."]);
  const core = assistant(model);
  const { turnId, parts } = ask(core, "count");
  await Array.fromAsync(parts);

  core.played(turnId, "One.");
  await replyTo(core, "go on");

  expect(model.requests[1]?.messages.slice(0, 2)).toEqual([
    { role: "user", text: "count" },
    { role: "assistant", text: "One." },
  ]);
});

test("an abort in mid-reply rejects with its reason, reaches the model and keeps what was said", async () => {
  const model = new FakeLanguageModel([{ deltas: ["Once "], ending: "hang" }, "Yes."]);
  const core = assistant(model);
  const controller = new AbortController();
  const cancelled = new Cancelled("barge-in");
  const { parts } = ask(core, "tell me a story", { signal: controller.signal });
  const iterator = parts[Symbol.asyncIterator]();
  await iterator.next();
  await iterator.next();

  const waiting = iterator.next();
  controller.abort(cancelled);

  await expect(waiting).rejects.toBe(cancelled);
  expect(model.aborted).toBe(1);
  await replyTo(core, "another");
  expect(model.requests[1]?.messages).toEqual([
    { role: "user", text: "tell me a story" },
    { role: "assistant", text: "Once " },
    { role: "user", text: "another" },
  ]);
});

test("a turn cancelled before any word leaves user and assistant in turns", async () => {
  const model = new FakeLanguageModel([{ deltas: [], ending: "hang" }, "Yes."]);
  const core = assistant(model);
  const controller = new AbortController();
  const cancelled = new Cancelled("barge-in");

  const { parts } = ask(core, "tell me a story", { signal: controller.signal });
  const iterator = parts[Symbol.asyncIterator]();
  await iterator.next();

  const waiting = iterator.next();
  controller.abort(cancelled);

  await expect(waiting).rejects.toBe(cancelled);
  await replyTo(core, "about dogs");
  expect(model.requests.at(-1)?.messages).toEqual([{ role: "user", text: "tell me a story\nabout dogs" }]);
});

test("a signal already aborted rejects with its reason and nothing is remembered", async () => {
  const model = new FakeLanguageModel(["Yes."]);
  const core = assistant(model);
  const cancelled = new Cancelled("stop");

  await expect(replyTo(core, "one", { signal: AbortSignal.abort(cancelled) })).rejects.toBe(cancelled);
  await replyTo(core, "two");

  expect(model.requests[0]?.messages).toEqual([{ role: "user", text: "two" }]);
});

test("an abort while the caller holds a part of a local answer rejects too", async () => {
  const controller = new AbortController();
  const cancelled = new Cancelled("barge-in");
  const iterator = ask(assistant(), "ping", { signal: controller.signal }).parts[Symbol.asyncIterator]();
  await iterator.next();

  controller.abort(cancelled);

  await expect(iterator.next()).rejects.toBe(cancelled);
});

test("a model that fails throws its error, and the failed turn is not held against the next", async () => {
  const failure = new EngineError("fake-model", "unreachable", "no connection");
  const model = new FakeLanguageModel([{ deltas: ["Well "], ending: failure }, "Yes."]);
  const core = assistant(model);

  await expect(replyTo(core, "one")).rejects.toBe(failure);
  await replyTo(core, "two");

  expect(model.requests[1]?.messages).toEqual([{ role: "user", text: "two" }]);
});

test("a reply that breaks off or is empty is a failure", async () => {
  const model = new FakeLanguageModel([{ deltas: ["Well "], ending: "break-off" }, { deltas: [" "] }]);
  const core = assistant(model);

  await expect(replyTo(core, "one")).rejects.toMatchObject({ fault: "protocol" });
  await expect(replyTo(core, "two")).rejects.toMatchObject({ fault: "protocol" });
});

test("a refusal without words is put into words", async () => {
  const model = new FakeLanguageModel([
    { deltas: [], ending: "refusal" },
    { deltas: ["Sorry, no."], ending: "refusal" },
  ]);
  const core = assistant(model);

  expect(await replyTo(core, "one")).toBe("I can't help with that.");
  expect(await replyTo(core, "two")).toBe("Sorry, no.");
});

test("another turn that begins meanwhile does not change what the model is asked", async () => {
  const model = new FakeLanguageModel(["Yes."]);
  const core = assistant(model);
  const iterator = ask(core, "one").parts[Symbol.asyncIterator]();
  await iterator.next();

  await replyTo(core, "ping");
  await iterator.next();

  expect(model.requests[0]?.messages).toEqual([{ role: "user", text: "one" }]);
});

test("a question is known in any script, behind quotes and brackets", () => {
  const questions = [
    "Shall I?",
    'He asked: "Why?" ',
    "何時ですか？」",
    "كم الساعة؟",
    "Τι ώρα είναι;",
    "(Really?)",
  ];
  const others = ["Yes.", "Why? Because.", "", "I asked; he left."];

  expect(questions.map(asksBack)).toEqual(questions.map(() => true));
  expect(others.map(asksBack)).toEqual(others.map(() => false));
});
