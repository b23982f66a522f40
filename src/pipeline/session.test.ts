import { describe, expect, test } from "bun:test";
import { hears } from "#testing/fake-speech-to-text.ts";
import { house } from "#testing/house.ts";

test("a spoken question is answered aloud, and the session is idle again", async () => {
  const it = house();

  await it.ask();
  await it.clock.advance(2000);

  expect(it.core.requests.map(({ text }) => text)).toEqual(["what time is it"]);
  expect(it.tts.texts).toEqual(["Three."]);
  expect(it.satellite.played.byteLength).toBe(6 * 800 * 2);
  expect(it.states()).toEqual(["listening", "thinking", "speaking", "idle"]);
  expect(it.ends()).toEqual(["answered"]);
  expect(it.clock.sleeping).toBe(0);
});

test("the stages of a turn are published in order, each with the turn and the satellite", async () => {
  const it = house();

  await it.ask();
  await it.clock.advance(2000);

  const turn = it.bus.events.filter(({ turn_id }) => turn_id === "turn-1").map(({ type }) => type);
  expect(turn.filter((type) => type !== "stt_interim" && type !== "turn_state")).toEqual([
    "wake_detected",
    "stt_start",
    "speech_start",
    "speech_end",
    "stt_result",
    "decision",
    "tts_start",
    "tts_result",
    "turn_end",
  ]);
  expect(it.bus.events.every(({ satellite_id }) => satellite_id === "kitchen")).toBe(true);
});

test("the trace's segments are contiguous and sum to the measured time", async () => {
  const it = house();

  await it.ask();
  await it.clock.advance(2000);

  const trace = it.bus.of("turn_end")[0]?.trace;
  const sum = trace?.segments.reduce((total, { ms }) => total + ms, 0);
  expect(trace?.segments.map(({ name }) => name)).toEqual([
    "wait",
    "speak",
    "endpoint",
    "transcribe",
    "think",
    "synthesise",
    "send",
    "reply",
  ]);
  expect(sum).toBeCloseTo(trace?.total_ms ?? 0, 6);
});

test("the recogniser is given everything from the end of the wake phrase on", async () => {
  const it = house();

  await it.hear(1000, 0.01);
  // The detector answers late: the phrase had ended 400 ms before.
  it.hearing.ear("kitchen").hearWake({ endSample: 16 * 600 });
  await it.hear(1000, 0.9);
  await it.hear(800, 0.01);
  await it.clock.advance(2000);

  const ms = (it.stt.utterances[0]?.frames.length ?? 0) * 20;
  expect(ms).toBeGreaterThanOrEqual(400 - 150 + 1000 + 700);
  expect(ms).toBeLessThanOrEqual(400 - 150 + 1000 + 800 + 20);
});

test("speech is paced: never more than the lead ahead of the speaker", async () => {
  const it = house({
    core: () => ({ kind: "reply", text: "A rather long answer that takes a while to say." }),
  });
  await it.ask();

  const sentMs = it.satellite.played.byteLength / 32;
  await it.clock.advance(1000);

  expect(it.satellite.played.byteLength / 32 - sentMs).toBeLessThanOrEqual(1020);
  // The reply began at most 160 ms before: the silence that was fed beyond the one that ended the utterance.
  expect(sentMs).toBeLessThanOrEqual(300 + 160);
});

describe("a follow-up", () => {
  test("is listened for without a wake after a reply that asks", async () => {
    const it = house({
      stt: [hears("set a timer"), hears("ten minutes")],
      core: (text) => ({
        kind: "reply",
        text: text === "set a timer" ? "For how long?" : "Done.",
        asks: text === "set a timer",
      }),
    });
    await it.ask();
    await it.clock.advance(1500);
    await it.hear(600, 0.9);
    await it.hear(1200, 0.01);
    await it.clock.advance(2000);

    expect(it.core.requests.map(({ text }) => text)).toEqual(["set a timer", "ten minutes"]);
    expect(it.ends()).toEqual(["answered", "answered"]);
    expect(it.session.state.kind).toBe("idle");
  });

  test("that does not come ends in silence", async () => {
    const it = house({ core: () => ({ kind: "reply", text: "For how long?", asks: true }) });
    await it.ask();
    await it.clock.advance(1500);
    await it.hear(8200, 0.01);

    expect(it.ends()).toEqual(["answered", "no-speech"]);
    expect(it.tones()).toEqual(["ack"]);
    expect(it.session.state.kind).toBe("idle");
  });
});

test("the hub does not wake on its own voice", async () => {
  const it = house({ core: () => ({ kind: "reply", text: "You can call me by saying hey Tars." }) });
  await it.ask();

  it.hearing.ear("kitchen").hearWake();
  await it.clock.settle();

  expect(it.session.state.kind).toBe("speaking");
  expect(it.bus.of("wake_detected")).toHaveLength(1);
});

test("the wake phrase works again a moment after the hub has said it", async () => {
  const it = house({ core: () => ({ kind: "reply", text: "Hey Tars." }) });
  await it.ask();
  await it.clock.advance(4000);

  it.hearing.ear("kitchen").hearWake();
  await it.clock.settle();

  expect(it.session.state.kind).toBe("listening");
});

test("typed text is answered as if it had been said", async () => {
  const it = house();

  it.session.text("what time is it");
  await it.clock.advance(3000);

  expect(it.tts.texts).toEqual(["Three."]);
  expect(it.states()).toEqual(["thinking", "speaking", "idle"]);
});

test("a muted satellite hears nothing and is not listened to", async () => {
  const it = house();
  it.satellite.press("mute", "on");
  await it.hear(500, 0.9);

  expect(it.hearing.ear("kitchen").pushed).toEqual([]);
  it.satellite.press("mute", "off");
  await it.hear(100, 0.9);
  expect(it.hearing.ear("kitchen").pushed).toHaveLength(5);
});

test("in always mode speech itself begins a turn, without a tone, and noise is not complained about", async () => {
  const it = house({
    settings: { wake: ["always"] },
    stt: [{ kind: "parts", parts: [{ kind: "final", text: "", confidence: 0 }] }],
  });
  await it.hear(500, 0.01);
  await it.hear(900, 0.9);
  await it.hear(900, 0.01);

  expect(it.bus.of("wake_detected")[0]).toMatchObject({ source: "always" });
  expect(it.ends()).toEqual(["not-understood"]);
  expect(it.tones()).toEqual([]);
  expect(it.tts.texts).toEqual([]);
});

test("with only a button the ear rests until it is pressed, and then hears the pre-roll", async () => {
  const it = house({ settings: { wake: ["button"] } });
  await it.hear(1000, 0.01);
  expect(it.hearing.ear("kitchen").pushed).toHaveLength(0);

  it.satellite.press();
  await it.clock.settle();

  expect(it.hearing.ear("kitchen").pushed).toHaveLength(25);
});

test("an announcement waits for the running turn and is then spoken", async () => {
  const it = house();
  await it.ask();
  it.session.announce("Your timer is done.");
  expect(it.tts.texts).toEqual(["Three."]);

  await it.clock.advance(6000);

  expect(it.tts.texts).toEqual(["Three.", "Your timer is done."]);
  expect(it.tones()).toEqual(["ack", "timer"]);
  expect(it.session.state.kind).toBe("idle");
});

test("a request to stop ends the turn without a word", async () => {
  const it = house({ core: () => ({ kind: "stop" }), stt: [hears("stop")] });

  await it.ask();
  await it.clock.advance(1000);

  expect(it.ends()).toEqual(["stopped"]);
  expect(it.satellite.played.byteLength).toBe(0);
});

test("the satellite is told what the hub is doing on connect and on every change", async () => {
  const it = house();
  await it.ask();
  await it.clock.advance(2000);

  expect(it.satellite.states.map(({ turnState }) => turnState)).toEqual([
    "idle",
    "listening",
    "thinking",
    "speaking",
    "idle",
  ]);
});
