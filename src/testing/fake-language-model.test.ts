import { expect, test } from "bun:test";
import { Cancelled, EngineError } from "#core/faults.ts";
import { FakeLanguageModel } from "./fake-language-model.ts";
import { languageModelContract } from "./language-model-contract.ts";

languageModelContract("the fake model", () => new FakeLanguageModel(["Hello to you.", "Hello again."]));

const request = { system: "", messages: [{ role: "user", text: "hi" }], maxTokens: 10 } as const;

test("a scripted failure comes after its deltas, and a broken reply has no end", async () => {
  const failure = new EngineError("fake-model", "unreachable", "no connection");
  const model = new FakeLanguageModel([
    { deltas: ["One "], ending: failure },
    { deltas: ["Two "], ending: "break-off" },
  ]);
  const { signal } = new AbortController();

  await expect(Array.fromAsync(model.reply(request, { signal }))).rejects.toBe(failure);
  expect(await Array.fromAsync(model.reply(request, { signal }))).toEqual([
    { kind: "text-delta", text: "Two " },
  ]);
  await expect(Array.fromAsync(model.reply(request, { signal }))).rejects.toMatchObject({
    fault: "unavailable",
  });
});

test("a reply that hangs ends with the abort, and is counted", async () => {
  const model = new FakeLanguageModel([{ deltas: [], ending: "hang" }]);
  const controller = new AbortController();
  const reply = Array.fromAsync(model.reply(request, { signal: controller.signal }));

  controller.abort(new Cancelled("barge-in"));

  await expect(reply).rejects.toBeInstanceOf(Cancelled);
  expect(model.aborted).toBe(1);
});

test("what was asked is kept", async () => {
  const model = new FakeLanguageModel(["Yes."]);

  await Array.fromAsync(model.reply(request, { signal: new AbortController().signal }));

  expect(model.requests).toEqual([request]);
});
