import { describe, expect, test } from "bun:test";
import { hears } from "#testing/fake-speech-to-text.ts";
import { house } from "#testing/house.ts";

describe("a barge-in", () => {
  const talkative = {
    core: () => ({ kind: "reply", text: "One two three. Four five six. Seven eight nine." }) as const,
  };

  test("by wake stops the reply, tells the satellite, and listens to the next question", async () => {
    const it = house({ ...talkative, stt: [hears("tell me a story"), hears("stop it")] });
    await it.ask();
    await it.clock.advance(200);

    it.hearing.ear("kitchen").hearWake();
    await it.clock.settle();
    const sent = it.satellite.played.byteLength;
    await it.hear(500, 0.01);

    expect(it.satellite.calls.filter(({ kind }) => kind === "stop-playback")).toHaveLength(1);
    expect(it.satellite.played.byteLength).toBe(sent);
    expect(it.bus.of("barge_in")[0]).toMatchObject({ by: "wake", turn_id: "turn-1" });
    expect(it.ends()).toEqual(["barge-in"]);
    expect(it.session.state).toMatchObject({ kind: "listening", turnId: "turn-2" });
  });

  test("truncates the remembered reply to what was played", async () => {
    const it = house(talkative);
    await it.ask();
    await it.clock.advance(900);

    it.satellite.press();
    await it.clock.settle();

    const heard = it.core.heard.get("turn-1") ?? "";
    expect(heard.length).toBeGreaterThan(0);
    expect("One two three. Four five six. Seven eight nine.".startsWith(heard)).toBe(true);
    expect(heard).not.toContain("nine");
  });

  test("a long press falls silent without listening", async () => {
    const it = house(talkative);
    await it.ask();

    it.satellite.press("button", "long_pressed");
    await it.clock.advance(100);

    expect(it.ends()).toEqual(["stopped"]);
    expect(it.session.state.kind).toBe("idle");
  });

  test("by speech interrupts only a satellite that cancels its echo", async () => {
    const deaf = house(talkative);
    await deaf.ask();
    await deaf.hear(400, 0.9);
    const aec = house({ ...talkative, satellite: { hello: { capabilities: ["aec"] } } });
    await aec.ask();
    await aec.hear(400, 0.9);

    expect(deaf.session.state.kind).toBe("speaking");
    expect(aec.bus.of("barge_in")[0]).toMatchObject({ by: "speech" });
    expect(aec.session.state.kind).toBe("listening");
  });

  test("by a single word is understood, though the word was over when the hub noticed it", async () => {
    const it = house({
      ...talkative,
      stt: [hears("what time is it"), hears("stop")],
      satellite: { hello: { capabilities: ["aec"] } },
    });
    await it.ask();
    await it.hear(260, 0.9);
    await it.hear(1000, 0.01);

    expect(it.bus.of("stt_result").map(({ text }) => text)).toEqual(["what time is it", "stop"]);
  });
});

for (const moment of ["idle", "listening", "thinking", "speaking"] as const) {
  test(`a satellite that leaves while ${moment} leaves nothing behind`, async () => {
    const it = house({
      core:
        moment === "thinking"
          ? () => ({ kind: "hang" })
          : () => ({ kind: "reply", text: "A longer answer." }),
    });
    if (moment !== "idle") await it.hear(500, 0.01);
    if (moment === "listening") it.hearing.ear("kitchen").hearWake();
    else if (moment !== "idle") await it.ask();
    expect(it.session.state.kind).toBe(moment);

    it.satellite.drop();
    await it.clock.advance(100);

    expect(it.session.state.kind).toBe("idle");
    expect(it.ends()).toEqual(moment === "idle" ? [] : ["disconnected"]);
    expect(it.clock.sleeping).toBe(0);
    expect(it.hearing.ears.every((ear) => !ear.isOpen)).toBe(true);
  });
}

test("a socket that stops taking audio ends the turn as disconnected", async () => {
  const it = house({ satellite: { outcomes: ["sent", "sent", "dropped"] } });

  await it.ask();
  await it.clock.advance(1000);

  expect(it.ends()).toEqual(["disconnected"]);
  expect(it.session.state.kind).toBe("idle");
});
