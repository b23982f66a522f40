import { expect } from "bun:test";
import { samplesOf } from "#core/pcm.ts";
import { concat } from "#sim/recording.ts";
import { recording, recordingsIn } from "#testing/recordings.ts";
import { satelliteOf } from "./support/conversation.ts";
import { startHubProcess, stoppedCleanly } from "./support/hub-process.ts";
import { hearingTest } from "./support/speech.ts";

const PHRASES = ["hey tars", "computer", "alexa", "jarvis", "snowboy"];
const SATELLITES = 10;
/** Twelve minutes of sound over ten microphones take half a minute so. */
const SPEED = 2.5;

hearingTest("strangers' sentences, other words and a kitchen leave the hub silent", 120_000, async () => {
  await using hub = await startHubProcess({
    config: `wake: { phrases: [${PHRASES.join(", ")}], best_room: false }`,
  });
  await hub.enginesReady();
  const life = new AbortController();
  const recordings = [...recordingsIn("negatives-libri-train"), ...recordingsIn("wake/not_wake_words")];
  expect(recordings).toHaveLength(80);
  const gap = new Int16Array(samplesOf(1000));
  const alarms: string[] = [];

  const listen = async (id: string, paths: readonly string[]): Promise<void> => {
    await using satellite = await satelliteOf(hub, id, life.signal, { speed: SPEED });
    for (const path of paths) {
      const since = hub.feed.mark();
      await satellite.say(concat([recording(path), gap]));
      for (const { phrase } of hub.feed.of("wake_detected", id, since)) alarms.push(`${path}: ${phrase}`);
    }
  };
  const shares = Array.from({ length: SATELLITES - 1 }, (_, i) =>
    recordings.filter((_, n) => n % (SATELLITES - 1) === i),
  );
  await Promise.all([
    listen("kitchen", ["noise/kitchen.wav"]),
    ...shares.map((paths, i) => listen(`room-${i}`, paths)),
  ]);

  console.log(`  false alarms: ${alarms.length === 0 ? "none" : alarms.join(", ")}`);
  expect(alarms).toEqual([]);
  expect(hub.feed.of("turn_end")).toEqual([]);
  await stoppedCleanly(hub);
});
