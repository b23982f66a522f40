import { expect, test } from "bun:test";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { connectAsync } from "mqtt";
import type { HubEvent } from "#events/hub-event.ts";
import { type HubProcess, startHubProcess } from "./support/hub-process.ts";
import { Mosquitto, NO_MOSQUITTO } from "./support/mosquitto.ts";

const MAIN = resolve(import.meta.dir, "../src/main.ts");
const BUDGET_MS = 60_000;

function brokerTest(name: string, run: () => Promise<void>): void {
  const skips = NO_MOSQUITTO !== undefined;
  (skips ? test.skip : test)(skips ? `${name} (skipped: ${NO_MOSQUITTO})` : name, run, BUDGET_MS);
}

function startHub(hub: string, broker: Mosquitto, options: { data?: string; port?: number } = {}) {
  const config = `
engines: { hearing: none, stt: [], tts: [] }
events: { bridge: { url: "${broker.url}", hub: ${hub} } }
`;
  return startHubProcess({ config, ...options });
}

/** Make events: satellites that come and go. Resolves when the hub has told of all of them. */
async function visits(hub: HubProcess, count: number): Promise<void> {
  for (let i = 0; i < count; i++) {
    const since = hub.feed.mark();
    const socket = new WebSocket(`${hub.satellite}?device=visitor-${i}`);
    await new Promise((opened) => socket.addEventListener("open", opened, { once: true }));
    socket.send(new Uint8Array(640)); // 20 ms of silence: it is a satellite
    await hub.feed.next("satellite_connected", undefined, { since });
    socket.close(1000);
    await hub.feed.next("satellite_disconnected", undefined, { since });
  }
}

interface Told {
  readonly hub: string;
  readonly event: HubEvent;
}

/** `hearth tail --all-hubs --json` in a process of its own. */
function tailAllHubs(broker: Mosquitto) {
  const child = Bun.spawn(
    [process.execPath, MAIN, "tail", "--all-hubs", "--broker", broker.url, "--all", "--json"],
    { stdio: ["ignore", "pipe", "pipe"] },
  );
  const told: Told[] = [];
  const waiting = new Set<() => void>();
  const reading = (async () => {
    let text = "";
    for await (const bytes of child.stdout) {
      text += new TextDecoder().decode(bytes);
      const lines = text.split("\n");
      text = lines.pop() ?? "";
      for (const line of lines) {
        const { hub, ...event } = JSON.parse(line);
        told.push({ hub, event });
      }
      for (const look of [...waiting]) look();
    }
  })();
  return {
    told,
    /** Resolves when everything a hub has stored until now was told. */
    async has(hub: string, stored: readonly HubEvent[]): Promise<void> {
      const last = stored.at(-1)?.seq ?? 0;
      const isThere = () => told.some((one) => one.hub === hub && one.event.seq >= last);
      await new Promise<void>((done) => {
        const look = () => {
          if (!isThere()) return;
          waiting.delete(look);
          done();
        };
        waiting.add(look);
        look();
      });
    },
    of: (hub: string) => told.filter((one) => one.hub === hub).map((one) => one.event),
    async [Symbol.asyncDispose]() {
      child.kill("SIGINT");
      await reading;
      await child.exited;
    },
  };
}

async function stored(hub: HubProcess): Promise<HubEvent[]> {
  const text = await (await fetch(`${hub.http}/api/events?since=0`)).text();
  return text
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
}

brokerTest(
  "two hubs and whoever follows them survive a broker's restart: nothing lost, nothing twice",
  async () => {
    await using broker = await Mosquitto.start();
    await using attic = await startHub("attic", broker);
    await using cellar = await startHub("cellar", broker);
    await using tail = tailAllHubs(broker);
    // It tells of what happens after it has subscribed.
    while (tail.told.length === 0) await visits(attic, 1);
    await tail.has("attic", await stored(attic));
    const since = tail.told.length;
    const seqNow = async (hub: HubProcess) => (await stored(hub)).at(-1)?.seq ?? 0;
    const [atticBefore, cellarBefore] = [await seqNow(attic), await seqNow(cellar)];

    await visits(attic, 5);
    await visits(cellar, 5);
    await broker.down();
    await visits(attic, 20);
    await visits(cellar, 20);
    await broker.up();
    await visits(attic, 5);
    const [inAttic, inCellar] = [await stored(attic), await stored(cellar)];
    await tail.has("attic", inAttic);
    await tail.has("cellar", inCellar);

    const told = tail.told.slice(since);
    const of = (hub: string) => told.filter((one) => one.hub === hub).map((one) => one.event);
    expect(of("attic")).toEqual(inAttic.filter(({ seq }) => seq > atticBefore));
    expect(of("cellar")).toEqual(inCellar.filter(({ seq }) => seq > cellarBefore));
    expect(of("cellar").length).toBeGreaterThanOrEqual(50);
  },
);

brokerTest(
  "after kill -9 a hub sends again only what the broker may not have, with the same numbers",
  async () => {
    await using broker = await Mosquitto.start();
    const client = await connectAsync(broker.url, { protocolVersion: 5 });
    const got: { readonly topic: string; readonly text: string }[] = [];
    client.on("message", (topic, payload) => got.push({ topic, text: payload.toString() }));
    await client.subscribeAsync("hearth/#", { qos: 1 });
    /** Resolves when the last of these events came; what a hub has not acknowledged, kill -9 may take. */
    const arrived = async (events: readonly HubEvent[]) => {
      const last = JSON.stringify(events.at(-1));
      while (!got.some(({ text }) => text === last))
        await new Promise((later) => client.once("message", later));
    };
    const first = await startHub("attic", broker);
    await visits(first, 10);
    const before = await stored(first);
    await arrived(before);
    await first.kill();
    await using second = await startHub("attic", broker, { data: first.data });
    await visits(second, 3);
    const all = await stored(second);
    await arrived(all);
    await client.endAsync();
    await first[Symbol.asyncDispose]();

    const bySeq = new Map<number, Set<string>>();
    for (const { text } of got) {
      const { seq } = JSON.parse(text) as HubEvent;
      bySeq.set(seq, (bySeq.get(seq) ?? new Set()).add(text));
    }
    expect([...bySeq.values()].every((texts) => texts.size === 1)).toBe(true);
    expect([...bySeq.keys()].toSorted((a, b) => a - b)).toEqual(all.map(({ seq }) => seq));
    expect(all.slice(0, before.length)).toEqual(before);
    expect(
      got.every(({ topic, text }) => topic === `hearth/attic/events/${(JSON.parse(text) as HubEvent).type}`),
    ).toBe(true);
  },
);

brokerTest(
  "a broker that wants a password gets it, and one that refuses it is named without it",
  async () => {
    const file = join(mkdtempSync(join(tmpdir(), "hearth-broker-")), "passwd");
    Bun.spawnSync(["mosquitto_passwd", "-b", "-c", file, "hub", "open sesame"]);
    await using broker = await Mosquitto.start(["allow_anonymous false", `password_file ${file}`]);
    const config = (password: string) => `
engines: { hearing: none, stt: [], tts: [] }
events: { bridge: { url: "${broker.url}", username: hub, password: ${password}, hub: attic } }
`;

    await using admitted = await startHubProcess({ config: config("open sesame") });
    const ready = await admitted.feed.next("provider_state", (e) => e.role === "events", { since: 0 });
    await using refused = await startHubProcess({ config: config("open simsim") });
    const lost = await refused.feed.next("provider_state", (e) => e.role === "events", { since: 0 });

    expect(ready.state).toBe("ready");
    expect(lost).toMatchObject({ state: "unavailable", engine: "mqtt bridge", detail: "135" });
    expect(refused.stderr()).not.toContain("simsim");
  },
);
