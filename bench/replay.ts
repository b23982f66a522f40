import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Child } from "./child.ts";
import type { FeedPorts } from "./feed-server.ts";
import type { Bench } from "./row.ts";
import { median, ratio } from "./statistics.ts";

const EVENTS = 10_000;

/** How long a reader waits for 10,000 stored events, against a SELECT and one cork; and how long that holds the loop. */
export const bench: Bench = {
  name: "replay",
  async run({ rounds }) {
    await using stack = new AsyncDisposableStack();
    const folder = mkdtempSync(join(tmpdir(), "hearth-bench-"));
    stack.defer(() => rmSync(folder, { recursive: true }));
    const server = stack.use(new Child("feed-server.ts", "serves"));
    const load = stack.use(new Child("feed-load.ts", "loads"));
    const ports = await server.ask<FeedPorts>("open", { path: join(folder, "events.sqlite") });
    await server.ask("fill", { events: EVENTS });
    await Bun.sleep(1500); // the text index catches up in the background
    await server.ask("watchStalls");

    const once = async (ask: boolean) => {
      await server.ask("worstStallMs");
      const given = { port: ask ? ports.bare : ports.feed, path: "/events?since=0", ask };
      const tookMs = await load.ask<number>("replay", given);
      await Bun.sleep(20);
      return { tookMs, stallMs: await server.ask<number>("worstStallMs") };
    };
    await once(true);
    await once(false);
    const hub: Awaited<ReturnType<typeof once>>[] = [];
    const bare: Awaited<ReturnType<typeof once>>[] = [];
    for (let i = 0; i < rounds; i++) {
      bare.push(await once(true));
      hub.push(await once(false));
    }
    const took = (all: typeof hub) => all.map(({ tookMs }) => tookMs);
    const stall = (all: typeof hub) => all.map(({ stallMs }) => stallMs);
    return [
      {
        bench: "replay",
        what: "10,000 events",
        unit: "ms",
        measured: median(took(hub)),
        baseline: median(took(bare)),
        ratio: ratio(took(hub), took(bare)),
        budget: { of: "ratio", kind: "at most", limit: 3 },
        note: "from the connection to the last event; baseline is one SELECT and one cork",
      },
      {
        bench: "replay",
        what: "longest stall meanwhile",
        unit: "ms",
        measured: median(stall(hub)),
        baseline: median(stall(bare)),
        budget: { of: "measured", kind: "at most", limit: 10 },
      },
    ];
  },
};
