import { expect } from "bun:test";
import { concat } from "#sim/recording.ts";
import { recordingsIn } from "#testing/recordings.ts";
import { idleAgain, RECORDED_COMMANDS, satelliteOf, turnEnded } from "./support/conversation.ts";
import { startHubProcess } from "./support/hub-process.ts";
import { addressed, hearingTest, spoken } from "./support/speech.ts";

const ROOMS = ["kitchen", "hall"] as const;
/** How much of the voice reaches the room next door: -16 dB. */
const NEXT_DOOR = 0.16;

hearingTest(
  "when two rooms hear one person, one of them answers and the other stays silent",
  60_000,
  async () => {
    await using hub = await startHubProcess({ config: "wake: { phrases: [computer] }" });
    await hub.enginesReady();
    const life = new AbortController();
    await using kitchen = await satelliteOf(hub, "kitchen", life.signal);
    await using hall = await satelliteOf(hub, "hall", life.signal);
    const [wake = ""] = recordingsIn("wake/computer").slice(1);
    const [command] = RECORDED_COMMANDS;
    const near = addressed(spoken(wake), spoken(command?.file ?? ""));
    const far = near.map((sample) => Math.round(sample * NEXT_DOOR));
    const quiet = new Int16Array(16_000);

    const since = hub.feed.mark();
    await Promise.all([kitchen.say(concat([quiet, near])), hall.say(concat([quiet, far]))]);
    const end = await hub.feed.next("turn_end", () => true, { since });
    await Promise.all([idleAgain(kitchen), idleAgain(hall)]);

    const winner = end.satellite_id ?? "";
    const turn = await turnEnded(hub, winner, since);
    expect(turn).toMatchObject({ reason: "answered", intent: command?.intent });
    expect(ROOMS.map((room) => hub.feed.of("wake_detected", room, since).length).sort()).toEqual([0, 1]);
    expect(hub.feed.of("turn_end", undefined, since)).toHaveLength(1);
    const silent = winner === "kitchen" ? hall : kitchen;
    expect(silent.recording.timeline().length).toBe(0);
    // Decided together only when both heard within the hold; then the nearer room wins.
    for (const decision of hub.feed.of("best_room", undefined, since))
      expect(decision.satellite_id).toBe("kitchen");
  },
);
