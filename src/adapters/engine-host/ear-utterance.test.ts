import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { Cancelled } from "#core/faults.ts";
import { FRAME_SAMPLES } from "#core/pcm.ts";
import type { Ear, EarUtterance } from "#ports/hearing.ts";
import type { WakeScore } from "#ports/hearing-engine.ts";
import { hearingContract, RecordingEarListener, WAKE_PHRASE } from "#testing/hearing-contract.ts";
import { isAlive, pushAll, startToyHost } from "./fixtures/start-toy-host.ts";
import { hanging, loud, marker, silence } from "./fixtures/toy-frames.ts";

/** Utterances on the ears of a real child process, which runs a toy engine that hears whole. */

const never = new AbortController().signal;
const vocabulary = (name: string) => ({ grammar: { intents: [{ name, templates: ["what time is it"] }] } });
const frames = (count: number, frame = loud) => Array.from({ length: count }, () => frame);

let toy: ReturnType<typeof startToyHost>;
beforeAll(async () => {
  toy = startToyHost("hearing", { toy: { whole: "yes" } });
  await toy.seen("ready");
});
afterAll(() => toy.host[Symbol.asyncDispose]());

function openEar(signal: AbortSignal = never): { ear: Ear; listener: RecordingEarListener } {
  const listener = new RecordingEarListener();
  return { listener, ear: toy.hearing.open({ satelliteId: "kitchen", phrases: [], listener, signal }) };
}

function begin(ear: Ear, fromSample: number, signal: AbortSignal = never, language = "en"): EarUtterance {
  const utterance = ear.utterance?.({ fromSample, signal, language });
  if (!utterance) throw new Error("the ear reads nothing");
  return utterance;
}

describe("a host whose engine hears whole", () => {
  hearingContract("hearing in it", {
    open: () => toy.hearing,
    speak: (ear, firstSample) => pushAll(ear, frames(10), firstSample),
    wake: (ear, firstSample) => pushAll(ear, [silence, marker, silence], firstSample),
  });

  test("an utterance is what was pushed from its first sample until it is finished", async () => {
    const { ear } = openEar();
    pushAll(ear, frames(2), 0);
    const utterance = begin(ear, 3 * FRAME_SAMPLES);
    pushAll(ear, frames(5), 2 * FRAME_SAMPLES);
    utterance.finish();
    pushAll(ear, frames(3), 7 * FRAME_SAMPLES);

    const parts = await Array.fromAsync(utterance);

    // The first of the five lies before its first sample.
    expect(parts.map(({ text }) => text)).toEqual(["1", "2", "3", "4", "4"]);
    expect(parts.map(({ kind }) => kind)).toEqual([...Array(4).fill("interim"), "final"]);
  });

  test("a pause tells whether the command is complete", async () => {
    const { ear } = openEar();
    const utterance = begin(ear, 0);
    pushAll(ear, [...frames(8), ...frames(8, silence)], 0);
    utterance.finish();

    const completeness = (await Array.fromAsync(utterance)).flatMap((part) =>
      "completeness" in part ? [part.completeness] : [],
    );

    expect(new Set(completeness)).toEqual(new Set(["closed"]));
  });

  test("new commands hold for the next utterance, and a grammar at fault changes nothing", async () => {
    const { ear } = openEar();
    const intentNow = async () => {
      const utterance = begin(ear, 0);
      utterance.finish();
      const final = (await Array.fromAsync(utterance)).at(-1);
      return final?.kind === "final" ? final.command?.intent : undefined;
    };

    toy.hearing.setVocabulary?.(vocabulary("time"));
    const first = await intentNow();
    toy.hearing.setVocabulary?.(vocabulary("bad"));
    const second = await intentNow();

    expect([first, second]).toEqual(["time", "time"]);
    expect(toy.logged.map(({ message }) => message)).toContain("commands not usable");
    toy.hearing.setVocabulary?.({ grammar: { intents: [{ name: "x", templates: ["x".repeat(2 ** 20)] }] } });
    expect(toy.logged.at(-1)?.fields).toEqual({ detail: "there are too many of them" });
  });

  test("how near a phrase came is told", async () => {
    const scores: WakeScore[] = [];
    const told = Promise.withResolvers<void>();
    const ear = toy.hearing.open({
      satelliteId: "hall",
      phrases: [WAKE_PHRASE],
      listener: {
        onVoice: () => undefined,
        onWake: () => undefined,
        onWakeScore(score) {
          scores.push(score);
          told.resolve();
        },
      },
      signal: never,
    });

    pushAll(ear, [silence], 640);
    await told.promise;

    expect(scores[0]).toEqual({ phrase: WAKE_PHRASE.text, score: 0.25, threshold: 0.5, endSample: 960 });
  });

  test("an abort ends the utterance with its reason, and the ear hears on", async () => {
    const { ear, listener } = openEar();
    const controller = new AbortController();
    const utterance = begin(ear, 0, controller.signal);
    const run = Array.fromAsync(utterance);
    const cancelled = new Cancelled("barge-in");

    controller.abort(cancelled);

    await expect(run).rejects.toBe(cancelled);
    await expect(Array.fromAsync(begin(ear, 0, AbortSignal.abort(cancelled)))).rejects.toBe(cancelled);
    pushAll(ear, frames(10), 0);
    await listener.until(() => listener.voices.length > 0);
  });

  test("another language is rejected, and an ear that closes ends what is said on it", async () => {
    const controller = new AbortController();
    const { ear } = openEar(controller.signal);
    const german = Array.fromAsync(begin(ear, 0, never, "de-AT"));
    const english = Array.fromAsync(begin(ear, 0, never, "en-GB"));

    await expect(german).rejects.toMatchObject({ fault: "rejected" });
    controller.abort(new Cancelled("disconnect"));
    await expect(english).rejects.toMatchObject({ fault: "unavailable" });
    expect(ear.utterance?.({ fromSample: 0, signal: never })).toBeUndefined();
  });

  test("a crash fails the utterance as crashed, and the next process knows the commands", async () => {
    toy.hearing.setVocabulary?.(vocabulary("after"));
    const { ear } = openEar();
    const lost = Array.fromAsync(begin(ear, 0));
    pushAll(ear, [hanging], 0);
    process.kill(toy.running(), "SIGKILL");

    await expect(lost).rejects.toMatchObject({ fault: "crashed", retryable: true });
    await toy.seen("ready", 2);
    const again = begin(ear, 0);
    again.finish();

    const final = (await Array.fromAsync(again)).at(-1);
    expect(final).toMatchObject({ kind: "final", command: { intent: "after" } });
    expect(isAlive(toy.running())).toBe(true);
  });
});

test("an ear whose engine reads no utterances says so", async () => {
  const plain = startToyHost("hearing");
  await plain.seen("ready");
  const listener = new RecordingEarListener();
  const ear = plain.hearing.open({ satelliteId: "kitchen", phrases: [], listener, signal: never });

  expect(ear.utterance?.({ fromSample: 0, signal: never })).toBeUndefined();
  await plain.host[Symbol.asyncDispose]();
});
