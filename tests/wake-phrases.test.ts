import { afterAll, beforeAll, expect } from "bun:test";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { samplesOf } from "#core/pcm.ts";
import { concat } from "#sim/recording.ts";
import { recordingsIn } from "#testing/recordings.ts";
import { idleAgain, satelliteOf, turnEnded } from "./support/conversation.ts";
import { type HubProcess, startHubProcess } from "./support/hub-process.ts";
import { hearingTest, spoken } from "./support/speech.ts";

/** A wake is reported at most half a second after the phrase; the rest is for a busy machine, which hears late. */
const WAKE_MS = 5000;
const MAIN = resolve(import.meta.dir, "../src/main.ts");
const CONFIG = `
wake: { phrases: [computer], best_room: false }
turn: { no_speech_ms: 1000 }
`;

const done = new AbortController();
let starting: Promise<HubProcess> | undefined;
beforeAll(() => {
  starting = startHubProcess({ config: CONFIG });
});
afterAll(async () => {
  done.abort();
  await (await starting)?.[Symbol.asyncDispose]();
});

async function hubReady(): Promise<HubProcess> {
  if (!starting) throw new Error("no hub was started");
  const hub = await starting;
  await hub.enginesReady();
  return hub;
}

/** Run `hearth wake` against a hub. */
async function hearthWake(hub: HubProcess, ...args: readonly string[]) {
  const child = Bun.spawn([process.execPath, MAIN, "wake", ...args, "--url", hub.http], {
    stdout: "pipe",
    stderr: "pipe",
  });
  const [out, err] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
  ]);
  return { code: await child.exited, out, err };
}

/** A phrase, said by the first person of the recordings that the engine hears at once. */
function said(phrase: string): Int16Array {
  const [path = ""] = recordingsIn(`wake/${phrase}`).slice(1);
  return concat([spoken(path), new Int16Array(samplesOf(1200))]);
}

hearingTest(
  "a phrase typed a second ago wakes a satellite, and one taken away does not",
  90_000,
  async () => {
    const hub = await hubReady();
    const satellite = await satelliteOf(hub, "typed", done.signal);
    const wakes = (since: number, phrase: string) =>
      hub.feed.next("wake_detected", (event) => event.phrase === phrase, { since, withinMs: WAKE_MS });

    await satellite.say(said("computer"));
    await wakes(0, "computer");
    await turnEnded(hub, "typed", 0);
    await idleAgain(satellite);
    const set = await hearthWake(hub, "set", "jarvis");
    expect(set).toMatchObject({ code: 0, out: expect.stringContaining("jarvis") });

    // The phrase that was taken away is said first; the event of the one typed would come after its own.
    const since = hub.feed.mark();
    await satellite.say(said("computer"));
    await satellite.say(said("jarvis"));
    await wakes(since, "jarvis");
    const phrases = hub.feed.events
      .filter((event) => event.type === "wake_detected")
      .map((event) => event.phrase);

    expect(phrases).toEqual(["computer", "jarvis"]);
  },
);

hearingTest("phrases are added, removed and rated by one command each", 60_000, async () => {
  const hub = await hubReady();
  await hearthWake(hub, "set", "jarvis");

  const added = await hearthWake(hub, "add", "okay hearth", "--sensitivity", "0.6", "--json");
  const removed = await hearthWake(hub, "remove", "Jarvis", "--json");
  const gone = await hearthWake(hub, "remove", "jarvis");
  const unspellable = await hearthWake(hub, "add", "hey r2");
  const ratings = await Promise.all(["echo", "okay hearth"].map((phrase) => hearthWake(hub, "rate", phrase)));

  expect(JSON.parse(added.out).phrases).toHaveLength(2);
  const kept = [{ text: "okay hearth", sensitivity: 0.6 }];
  expect(JSON.parse(removed.out)).toEqual({ phrases: kept, from: "saved" });
  expect(gone).toMatchObject({ code: 1, err: expect.stringContaining("not listened for") });
  expect(unspellable).toMatchObject({ code: 1, err: expect.stringContaining("cannot be spelled") });
  expect(ratings.map(({ code }) => code)).toEqual([1, 0]);
  expect(JSON.parse(readFileSync(join(hub.data, "wake.json"), "utf8"))).toEqual({ phrases: kept });
});

hearingTest(
  "what was saved wins over the configuration at the next start, unless it cannot be read",
  60_000,
  async () => {
    const data = mkdtempSync(join(tmpdir(), "hearth-wake-"));
    try {
      const listed: string[] = [];
      for (const text of ['{"phrases":[{"text":"okay hearth","sensitivity":0.4}]}', "{"]) {
        writeFileSync(join(data, "wake.json"), text);
        await using hub = await startHubProcess({ config: CONFIG, data });
        listed.push((await hearthWake(hub, "list")).out);
      }

      expect(listed[0]).toContain("okay hearth  (sensitivity 0.4)");
      expect(listed[1]).toContain("computer");
    } finally {
      rmSync(data, { recursive: true });
    }
  },
);
