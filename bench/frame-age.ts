import { Child, pinned } from "./child.ts";
import type { Ages } from "./frame-stamps.ts";
import { NO_TIMES } from "./ingest.ts";
import type { Bench } from "./row.ts";
import type { Streamed } from "./satellite-load.ts";
import { median, ratio } from "./statistics.ts";

const SATELLITES = 500;
const WINDOW_MS = 2000;

/** How old frames are when they reach the session, with 500 satellites speaking at once and the hub on one core. */
export const bench: Bench = {
  name: "frame-age",
  async run({ rounds }) {
    await using stack = new AsyncDisposableStack();
    const stream = async (script: string, given: unknown) => {
      const server = stack.use(new Child(script, "serves"));
      const load = stack.use(new Child("satellite-load.ts", "loads"));
      const port = await server.ask<number>("open", given);
      await load.ask("connect", { port, path: "/ws/satellite?device=satellite-*", count: SATELLITES });
      await load.ask("stream", { ms: WINDOW_MS / 2 });
      await server.ask("ages");
      return async () => {
        const { sent } = await load.ask<Streamed>("stream", { ms: WINDOW_MS });
        await Bun.sleep(50);
        const ages = await server.ask<Ages>("ages");
        return { ...ages, missing: sent - ages.frames };
      };
    };
    const hub = await stream("satellite-server.ts", { wake: "hub", measureAges: true, times: NO_TIMES });
    const sink = await stream("sink-server.ts", { measureAges: true });
    const ours: Awaited<ReturnType<typeof hub>>[] = [];
    const bare: Awaited<ReturnType<typeof sink>>[] = [];
    for (let i = 0; i < rounds; i++) {
      bare.push(await sink());
      ours.push(await hub());
    }
    const p99 = (rows: readonly Ages[]) => rows.map((row) => row.p99Ms);
    const p50 = (rows: readonly Ages[]) => rows.map((row) => row.p50Ms);
    const missing = ours.reduce((sum, row) => sum + row.missing, 0);
    const frames = median(ours.map((row) => row.frames)) / (WINDOW_MS / 1000);
    const where =
      pinned("serves").length > 0 ? "the hub on one core, the satellites on another" : "cores not pinned";
    return [
      {
        bench: "frame-age",
        what: "p99 with 500 satellites speaking",
        unit: "ms",
        measured: median(p99(ours)),
        baseline: median(p99(bare)),
        ratio: ratio(p99(ours), p99(bare)),
        budget: { of: "measured", kind: "at most", limit: 20 },
        note: `${Math.round(frames)} frames/s, ${missing} missing; ${where}; every frame also goes to an ear`,
      },
      {
        bench: "frame-age",
        what: "p50 with 500 satellites speaking",
        unit: "ms",
        measured: median(p50(ours)),
        baseline: median(p50(bare)),
        ratio: ratio(p50(ours), p50(bare)),
      },
    ];
  },
};
