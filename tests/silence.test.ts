import { expect } from "bun:test";
import { samplesOf } from "#core/pcm.ts";
import { concat } from "#sim/recording.ts";
import { recording, recordingsIn } from "#testing/recordings.ts";
import { satelliteOf } from "./support/conversation.ts";
import { startHubProcess, stoppedCleanly } from "./support/hub-process.ts";
import { hearingTest } from "./support/speech.ts";

const PHRASES = ["hey tars", "computer", "alexa", "jarvis", "snowboy"];
const SATELLITES = 10;
/** Thirteen minutes of sound over twelve microphones take half a minute so. */
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

  const listen = async (id: string, sounds: readonly (readonly [name: string, pcm: Int16Array])[]) => {
    await using satellite = await satelliteOf(hub, id, life.signal, { speed: SPEED });
    for (const [name, pcm] of sounds) {
      const since = hub.feed.mark();
      await satellite.say(concat([pcm, gap]));
      for (const { phrase } of hub.feed.of("wake_detected", id, since)) alarms.push(`${name}: ${phrase}`);
    }
  };
  const kitchen = recording("noise/kitchen.wav");
  const half = kitchen.length >> 1;
  await Promise.all([
    listen("kitchen-1", [["kitchen, first half", kitchen.subarray(0, half)]]),
    listen("kitchen-2", [["kitchen, second half", kitchen.subarray(half)]]),
    ...Array.from({ length: SATELLITES }, (_, i) =>
      listen(
        `room-${i}`,
        recordings.filter((_, n) => n % SATELLITES === i).map((path) => [path, recording(path)] as const),
      ),
    ),
  ]);

  console.log(`  false alarms: ${alarms.length === 0 ? "none" : alarms.join(", ")}`);
  expect(alarms).toEqual([]);
  expect(hub.feed.of("turn_end")).toEqual([]);
  await stoppedCleanly(hub);
});
