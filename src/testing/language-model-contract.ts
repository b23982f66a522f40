import { expect, test } from "bun:test";
import { Cancelled } from "#core/faults.ts";
import type { LanguageModel, ModelRequest } from "#ports/language-model.ts";

const request: ModelRequest = {
  system: "Answer briefly.",
  messages: [{ role: "user", text: "Say hello." }],
  maxTokens: 50,
};

/**
 * What every language model must do, whoever is behind it.
 *
 * `open` gives a model that answers each of at least two calls with two or more text deltas and a good end.
 */
export function languageModelContract(name: string, open: () => LanguageModel): void {
  const never = () => new AbortController().signal;

  test(`${name}: a good reply is text closed by exactly one end part`, async () => {
    const parts = await Array.fromAsync(open().reply(request, { signal: never() }));

    expect(parts.filter(({ kind }) => kind === "text-delta").length).toBeGreaterThanOrEqual(2);
    expect(parts.findIndex(({ kind }) => kind === "end")).toBe(parts.length - 1);
  });

  test(`${name}: the end part counts tokens`, async () => {
    const parts = await Array.fromAsync(open().reply(request, { signal: never() }));

    expect(parts.at(-1)).toEqual({
      kind: "end",
      reason: "complete",
      inputTokens: expect.any(Number),
      outputTokens: expect.any(Number),
    });
  });

  test(`${name}: a signal already aborted rejects with its reason`, async () => {
    const cancelled = new Cancelled("barge-in");
    const reply = Array.fromAsync(open().reply(request, { signal: AbortSignal.abort(cancelled) }));

    await expect(reply).rejects.toBe(cancelled);
  });

  test(`${name}: an abort in mid-reply rejects with its reason and nothing more is said`, async () => {
    const cancelled = new Cancelled("barge-in");
    const controller = new AbortController();
    const reply = open().reply(request, { signal: controller.signal })[Symbol.asyncIterator]();

    const first = await reply.next();
    controller.abort(cancelled);

    expect(first.done).toBe(false);
    await expect(reply.next()).rejects.toBe(cancelled);
    expect(await reply.next()).toEqual({ done: true, value: undefined });
  });

  test(`${name}: two replies at once do not disturb each other`, async () => {
    const model = open();
    const controller = new AbortController();
    const given = model.reply(request, { signal: controller.signal })[Symbol.asyncIterator]();

    await given.next();
    const other = Array.fromAsync(model.reply(request, { signal: never() }));
    controller.abort(new Cancelled("stop"));

    await expect(given.next()).rejects.toBeInstanceOf(Cancelled);
    expect((await other).at(-1)?.kind).toBe("end");
  });

  test(`${name}: the request is left as it was`, async () => {
    const before = structuredClone(request);

    await Array.fromAsync(open().reply(request, { signal: never() }));

    expect(request).toEqual(before);
  });
}
