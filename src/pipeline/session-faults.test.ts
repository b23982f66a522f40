import { describe, expect, test } from "bun:test";
import { EngineError } from "#core/faults.ts";
import { hears } from "#testing/fake-speech-to-text.ts";
import { house } from "#testing/house.ts";

describe("nobody answers the wake", () => {
  test("the wait ends at its cap with a tone", async () => {
    const it = house();
    await it.hear(500, 0.01);
    it.hearing.ear("kitchen").hearWake();
    await it.hear(5400, 0.01);

    expect(it.ends()).toEqual(["no-speech"]);
    expect(it.tones()).toEqual(["ack", "cancel"]);
    expect(it.session.state.kind).toBe("idle");
  });

  test("what was not understood is said aloud", async () => {
    const it = house({
      stt: [hears("mumble"), { kind: "parts", parts: [{ kind: "final", text: "", confidence: 0 }] }],
    });
    it.stt.script({ kind: "parts", parts: [{ kind: "final", text: "", confidence: 0 }] });

    await it.ask();
    await it.clock.advance(3000);

    expect(it.tts.texts).toEqual(["Sorry, I didn't catch that."]);
    expect(it.ends()).toEqual(["not-understood"]);
    expect(it.session.state.kind).toBe("idle");
  });

  test("audio that stops coming in the middle ends the turn by its deadline", async () => {
    const it = house();
    await it.hear(500, 0.01);
    it.hearing.ear("kitchen").hearWake();
    await it.hear(600, 0.9);
    await it.clock.advance(40_000);

    expect(it.ends()).toEqual(["deadline"]);
    expect(it.session.state.kind).toBe("idle");
  });
});

describe("every failure is heard", () => {
  test("an assistant that fails is apologised for", async () => {
    const it = house({
      core: () => ({ kind: "failure", error: new EngineError("model", "unreachable", "no answer") }),
    });

    await it.ask();
    await it.clock.advance(5000);

    expect(it.tts.texts).toEqual(["Sorry, I had trouble with that. Please try again."]);
    expect(it.ends()).toEqual(["failed"]);
    expect(it.session.state.kind).toBe("idle");
  });

  test("an assistant that never answers is given up at the deadline", async () => {
    const it = house({ core: () => ({ kind: "hang" }) });

    await it.ask();
    await it.clock.advance(40_000);

    expect(it.tts.texts).toEqual(["Sorry, that took too long. Please try again."]);
    expect(it.ends()).toEqual(["deadline"]);
  });

  test("a recogniser that crashes is apologised for", async () => {
    const crash = new EngineError("ears", "crashed", "ended");
    const it = house({ stt: [{ kind: "failure", afterFrames: 10, error: crash }] });

    await it.ask();
    await it.clock.advance(6000);

    expect(it.tts.texts).toEqual(["Sorry, I can't hear properly right now. Please try again in a moment."]);
    expect(it.bus.of("stt_error")).toHaveLength(1);
    expect(it.ends()).toEqual(["failed"]);
  });

  test("where even the voice fails, an error tone is sounded", async () => {
    const it = house({ speech: { failAfterSamples: 0 } });

    await it.ask();
    await it.clock.advance(20_000);

    expect(it.tones()).toEqual(["ack", "error"]);
    expect(it.ends()).toEqual(["failed"]);
    expect(it.session.state.kind).toBe("idle");
  });

  test("a voice that stalls in the middle of the reply does not hold the session for ever", async () => {
    const it = house({ speech: { chunkDelayMs: 10_000_000 } });

    await it.ask();
    await it.clock.advance(60_000);

    expect(it.session.state.kind).toBe("idle");
    expect(it.ends()).toEqual(["deadline"]);
  });

  test("what was said is in no error event", async () => {
    const it = house({ core: (text) => ({ kind: "failure", error: new Error(`cannot parse ${text}`) }) });

    await it.ask();
    await it.clock.advance(5000);

    expect(JSON.stringify(it.bus.of("system_error"))).not.toContain("what time");
  });
});
