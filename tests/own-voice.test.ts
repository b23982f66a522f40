import { expect } from "bun:test";
import { idleAgain, satelliteOf, turnEnded, woke } from "./support/conversation.ts";
import { startHubProcess, stoppedCleanly } from "./support/hub-process.ts";
import { hearingTest, hubVoice } from "./support/speech.ts";

const REPLY = "I heard: computer.";

hearingTest(
  "a reply that speaks the wake phrase into the hub's own microphones does not wake it",
  60_000,
  async () => {
    await using hub = await startHubProcess({ config: "wake: { phrases: [computer] }" });
    await hub.enginesReady();
    const life = new AbortController();
    await using kitchen = await satelliteOf(hub, "kitchen", life.signal, { echoRatio: 0.6 });
    const ask = async (text: string) => {
      const since = hub.feed.mark();
      kitchen.type(text);
      const turn = await turnEnded(hub, "kitchen", since);
      await idleAgain(kitchen);
      return turn;
    };

    await ask("computer");
    const echo = await ask("what did you hear");
    expect(echo.answer).toEqual([REPLY]);
    // Hearing is done with the echo when it has heard as much again.
    await kitchen.say(new Int16Array(16_000 * 3));

    expect(echo.reason).toBe("answered");
    expect(hub.feed.of("wake_detected").filter(({ source }) => source === "hub")).toEqual([]);
    expect(hub.stderr()).toContain("wake refused");

    // The same sound from anybody else does wake it.
    const since = hub.feed.mark();
    await kitchen.say(await hubVoice(REPLY));
    expect(await woke(hub, "kitchen", since, 5000)).toBe(true);
    await stoppedCleanly(hub);
  },
);
