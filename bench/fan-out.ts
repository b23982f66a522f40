import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Child } from "./child.ts";
import type { Delivered } from "./feed-load.ts";
import type { FeedPorts, Publication } from "./feed-server.ts";
import type { Bench } from "./row.ts";
import { median, ratio } from "./statistics.ts";

const READERS = 100;
/** Groups in one round, one every 10 ms. */
const GROUPS = 60;

/** CPU of one delivery to one of 100 readers of the feed, against publishing ready text to a topic of Bun's. */
export const bench: Bench = {
  name: "fan-out",
  async run({ rounds }) {
    await using stack = new AsyncDisposableStack();
    const folder = mkdtempSync(join(tmpdir(), "hearth-bench-"));
    stack.defer(() => rmSync(folder, { recursive: true }));
    const server = stack.use(new Child("feed-server.ts", "serves"));
    const ports = await server.ask<FeedPorts>("open", { path: join(folder, "events.sqlite") });

    const series = async (command: string, port: number, group: number) => {
      const load = stack.use(new Child("feed-load.ts", "loads"));
      await load.ask("connect", { port, path: "/events?limit=0", readers: READERS });
      const events = GROUPS * group;
      const expected = events * READERS;
      return async () => {
        const { messages: first } = await load.ask<Delivered>("delivered");
        const before = await server.cpuMs();
        await server.ask(command, { events, group } satisfies Publication);
        let messages = 0;
        for (let tries = 0; messages < expected && tries < 100; tries++) {
          await Bun.sleep(20);
          messages = (await load.ask<Delivered>("delivered")).messages - first;
        }
        if (messages < expected) throw new Error(`only ${messages} of ${expected} arrived`);
        const usedMs = (await server.cpuMs()) - before;
        return (usedMs * 1000) / expected;
      };
    };
    const rows = [];
    for (const group of [10, 1]) {
      const ours = await series("publish", ports.feed, group);
      const bare = await series("publishBare", ports.bare, group);
      await ours();
      await bare();
      const hub: number[] = [];
      const topic: number[] = [];
      for (let i = 0; i < rounds; i++) {
        topic.push(await bare());
        hub.push(await ours());
      }
      rows.push({
        bench: "fan-out",
        what: `a delivery, ${group} ${group === 1 ? "event" : "events"} at a time`,
        unit: "µs CPU",
        measured: median(hub),
        baseline: median(topic),
        ratio: ratio(topic, hub),
        budget: { of: "ratio", kind: "at least", limit: 0.7 } as const,
        note: `${READERS} readers; seq, journal and filter included; the ratio is of throughput`,
      });
    }
    return rows;
  },
};
