import { expect, test } from "bun:test";
import { EngineError } from "#core/faults.ts";
import { house } from "#testing/house.ts";

/** A house whose ears read utterances themselves, with somebody speaking a command after the wake phrase. */
async function speaking() {
  const it = house({ reads: true });
  await it.hear(1000, 0.01);
  it.hearing.ear("kitchen").hearWake();
  await it.hear(300, 0.01);
  await it.hear(1000, 0.9);
  const ear = it.hearing.ear("kitchen");
  const [utterance] = ear.utterances;
  if (!utterance) throw new Error("the ear was not asked to read");
  return { ...it, ear, utterance };
}

test("an ear that can read is asked to, from the end of the wake phrase on, and no recogniser besides", async () => {
  const it = await speaking();
  it.utterance.say({ kind: "interim", text: "what time is it", confidence: 0.9 });
  await it.hear(800, 0.01);
  it.utterance.say({ kind: "final", text: "what time is it", confidence: 0.9 });
  await it.clock.advance(2000);

  expect(it.utterance.finished).toBe(true);
  expect(it.utterance.fromSample).toBe(16 * 1140);
  expect(it.stt.utterances).toEqual([]);
  expect(it.core.requests.map(({ text }) => text)).toEqual(["what time is it"]);
});

test("a whole command ends the utterance after 200 ms of silence", async () => {
  const it = await speaking();
  it.utterance.say({ kind: "interim", text: "what time is it", confidence: 0.9, completeness: "closed" });
  await it.hear(240, 0.01);

  expect(it.session.state.kind).toBe("thinking");
});

test("the command the ear read goes on to the assistant with the transcript", async () => {
  const it = await speaking();
  const command = { intent: "time", slots: {}, text: "what time is it", llr: -0.1 };
  it.utterance.say({ kind: "interim", text: "what dime", confidence: 0.4, completeness: "closed" });
  await it.hear(240, 0.01);
  it.utterance.say({ kind: "final", text: "what dime", confidence: 0.4, command });
  await it.clock.advance(2000);

  expect(it.core.requests[0]).toMatchObject({ text: "what dime", command });
});

test("when the ear's engine crashes, another recogniser hears the utterance from its beginning", async () => {
  const it = await speaking();
  it.utterance.fail(new EngineError("hearth", "crashed", "ended"));
  await it.hear(800, 0.01);
  await it.clock.advance(2000);

  const heardMs = (it.stt.utterances[0]?.frames.length ?? 0) * 20;
  expect(heardMs).toBeGreaterThanOrEqual(1000 + 700);
  expect(it.core.requests.map(({ text }) => text)).toEqual(["what time is it"]);
  expect(it.ends()).toEqual(["answered"]);
});

test("a sure command is answered although the open transcript lost its only word, an unsure one is not", async () => {
  const heard = async (llr: number) => {
    const it = await speaking();
    it.utterance.say({ kind: "interim", text: "", confidence: 0, completeness: "closed" });
    await it.hear(800, 0.01);
    it.utterance.say({
      kind: "final",
      text: "",
      confidence: 0,
      command: { intent: "stop", slots: {}, text: "stop", llr },
    });
    await it.clock.advance(4000);
    return it.core.requests.map(({ text }) => text);
  };

  expect(await heard(-0.1)).toEqual(["stop"]);
  expect(await heard(-1.5)).toEqual([]);
});
