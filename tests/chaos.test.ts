import { expect } from "bun:test";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { EventType } from "#events/hub-event.ts";
import type { Fault } from "#sim/faults.ts";
import { seededRandom } from "#sim/sim-clock.ts";
import type { SimulatedSatellite } from "#sim/simulated-satellite.ts";
import { satelliteOf, turnEnded } from "./support/conversation.ts";
import { turnEnds } from "./support/feed-tap.ts";
import { type HubProcess, startHubProcess, stoppedCleanly } from "./support/hub-process.ts";
import { gone } from "./support/processes.ts";
import { hearingTest } from "./support/speech.ts";

const { HEARTH_CHAOS_SEED } = process.env;
const SEED = Number(HEARTH_CHAOS_SEED ?? 20_261_120);
/** An answer that does not begin within this time is given up, so that the test need not wait for 30 s. */
const CONFIG = "turn: { deadline_ms: 5000, no_speech_ms: 1500 }";
/** The deadline, an apology and its tone, and what a busy machine adds: a turn that takes longer is stuck. */
const STUCK_MS = 25_000;
const SATELLITES = 10;
const TURNS_EACH = 17;
/** How often something is killed in a turn, and how often that is an engine host. */
const KILL_RATIO = 0.35;
const HOST_RATIO = 0.12;
/** The hub itself is killed so often, with so many satellites, which begin a turn before and hold one after it. */
const HUB_KILLS = 3;
const HUB_SATELLITES = 5;

const TEXTS = [
  "what time is it",
  "set a timer for ten minutes",
  "what is twelve times seven",
  "what can you do",
  "tell me a story",
];
const FAULTS: readonly Fault[] = [
  { kind: "reset" },
  { kind: "half-frame" },
  { kind: "reboot" },
  { kind: "half-open" },
];
/** When in a turn something is killed: at the first event of this type. */
const MOMENTS: readonly EventType[] = ["turn_state", "decision", "tts_start", "tts_result"];
/** A host whose hub is gone ends when it next looks at its input; while it loads its models that may take seconds. */
const ORPHAN_MS = 15_000;
const RECONNECT = { firstMs: 50, maxMs: 200 };

type Random = () => number;

function pick<T>(random: Random, choices: readonly T[]): T {
  const choice = choices[Math.floor(random() * choices.length)];
  if (choice === undefined) throw new Error("nothing to choose from");
  return choice;
}

/** Kill a satellite's link, its power, or an engine host. */
async function strike(hub: HubProcess, satellite: SimulatedSatellite, random: Random): Promise<string> {
  if (random() < HOST_RATIO) {
    const hosts = hub.engineHosts();
    if (hosts.length === 0) return "nobody: no host runs";
    const { pid } = pick(random, hosts);
    try {
      process.kill(pid, "SIGKILL");
    } catch {
      return "nobody: the host was already gone";
    }
    return "engine host";
  }
  const fault = pick(random, FAULTS);
  satellite.inject(fault);
  // Out of range for good: the device tries again on a new link while the hub still holds the old one.
  if (fault.kind === "half-open") await satellite.reconnect();
  return fault.kind;
}

/** Hold one turn, in which something may be killed: what was, or undefined where the turn never began. */
async function turn(
  hub: HubProcess,
  id: string,
  satellite: SimulatedSatellite,
  random: Random,
): Promise<string | undefined> {
  await satellite.until(({ link }) => link === "open", `${id} is connected`, STUCK_MS);
  const since = hub.feed.mark();
  const moment = random() < KILL_RATIO ? pick(random, MOMENTS) : undefined;
  const style = random();
  const act = () => {
    // Typed mostly; a button that is pressed and then silence; a button, and typing instead of speaking.
    if (style > 0.7) satellite.press();
    if (style < 0.7 || style > 0.85) satellite.type(pick(random, TEXTS));
  };
  const mine = () => hub.feed.events.slice(since).filter((event) => event.satellite_id === id);
  // A fault of the turn before may cut the link only now, and what was done at the device is lost with it.
  const began = () => mine().some((event) => event.type === "turn_state" && event.state !== "idle");
  const lost = () => mine().some(({ type }) => type === "satellite_connected") && !began();
  const ended = () => mine().some(({ type }) => type === "turn_end") || lost();
  act();
  let struck = "";
  if (moment !== undefined) {
    const reached = () => mine().some(({ type }) => type === moment) || ended() || undefined;
    await hub.feed.until(reached, `${id} gets to ${moment}`, STUCK_MS);
    struck = await strike(hub, satellite, random);
  }
  await hub.feed.until(
    () => ended() || undefined,
    `${id}: a turn ends${struck && ` after ${struck}`}`,
    STUCK_MS,
  );
  await satellite.until(
    ({ link, hubState }) => link === "open" && hubState === "idle",
    `${id} is connected and idle${struck && ` after ${struck}`}`,
    STUCK_MS,
  );
  return lost() ? undefined : struck;
}

hearingTest(
  `170 turns while engine hosts and satellites are killed leave nothing stuck (seed ${SEED})`,
  180_000,
  async () => {
    await using hub = await startHubProcess({ config: CONFIG });
    await hub.enginesReady();
    const life = new AbortController();
    await using crowd = new AsyncDisposableStack();
    const strikes = new Map<string, number>();

    await Promise.all(
      Array.from({ length: SATELLITES }, async (_, i) => {
        const id = `room-${i}`;
        const random = seededRandom(SEED + i);
        const satellite = crowd.use(
          await satelliteOf(hub, id, life.signal, { reconnect: RECONNECT, seed: SEED + i }),
        );
        for (let held = 0; held < TURNS_EACH; ) {
          const struck = await turn(hub, id, satellite, random);
          if (struck === undefined) continue;
          held += 1;
          strikes.set(struck, (strikes.get(struck) ?? 0) + 1);
        }
      }),
    );

    const ends = turnEnds(hub.feed.events);
    const reasons = Map.groupBy([...ends.values()], (all) => all.join("+") || "none");
    console.log(`  struck: ${[...strikes].map(([what, n]) => `${what || "nothing"} ${n}`).join(", ")}`);
    console.log(`  ended: ${[...reasons].map(([reason, all]) => `${reason} ${all.length}`).join(", ")}`);
    expect(ends.size).toBeGreaterThanOrEqual(SATELLITES * TURNS_EACH);
    expect([...ends].filter(([, reasons]) => reasons.length !== 1)).toEqual([]);
    expect(hub.feed.dropped).toBe(0);
    await crowd.disposeAsync();
    await stoppedCleanly(hub);
  },
);

hearingTest(
  `a hub killed in the middle of turns comes back with its house (seed ${SEED})`,
  120_000,
  async () => {
    const data = await mkdtemp(join(tmpdir(), "hearth-chaos-"));
    await using cleaning = new AsyncDisposableStack();
    cleaning.defer(() => rm(data, { recursive: true, force: true }));
    const random = seededRandom(SEED);
    const life = new AbortController();
    let hub = await startHubProcess({ config: CONFIG, data });
    const { port } = hub;
    await using crowd = new AsyncDisposableStack();
    const satellites: [id: string, satellite: SimulatedSatellite][] = [];
    for (let i = 0; i < HUB_SATELLITES; i++) {
      const id = `room-${i}`;
      satellites.push([id, crowd.use(await satelliteOf(hub, id, life.signal, { reconnect: RECONNECT }))]);
    }

    for (let kill = 0; kill < HUB_KILLS; kill++) {
      const since = hub.feed.mark();
      for (const [, satellite] of satellites) satellite.type(pick(random, TEXTS));
      await hub.feed.next(pick(random, MOMENTS), () => true, { since });
      const hosts = hub.engineHosts();
      await hub.kill();
      expect(await gone(hosts, ORPHAN_MS)).toEqual([]);
      await hub[Symbol.asyncDispose]();

      hub = await startHubProcess({ config: CONFIG, data, port });
      for (const [id, satellite] of satellites) {
        await hub.feed.next("satellite_connected", (event) => event.satellite_id === id, { since: 0 });
        await satellite.until(
          ({ link, hubState }) => link === "open" && hubState === "idle",
          `${id} is idle`,
          STUCK_MS,
        );
      }
      const after = hub.feed.mark();
      for (const [, satellite] of satellites) satellite.type("what time is it");
      for (const [id] of satellites)
        expect(await turnEnded(hub, id, after, STUCK_MS)).toMatchObject({ reason: "answered" });
    }

    const seqs = hub.feed.events.map(({ seq }) => seq);
    expect(seqs).toEqual([...new Set(seqs)].sort((a, b) => a - b));
    const ends = [...turnEnds(hub.feed.events).values()];
    expect(ends.filter((reasons) => reasons.length > 1)).toEqual([]);
    const unended = ends.filter((reasons) => reasons.length === 0).length;
    expect(unended).toBeLessThanOrEqual(HUB_KILLS * HUB_SATELLITES);
    console.log(`  ${ends.length} turns, ${unended} of them ended by the kill of the hub`);
    await crowd.disposeAsync();
    await stoppedCleanly(hub);
    await hub[Symbol.asyncDispose]();
  },
);
