import { Child } from "./child.ts";
import { NO_TIMES } from "./ingest.ts";
import type { Bench } from "./row.ts";
import type { SinkSetup } from "./sink-server.ts";
import { median } from "./statistics.ts";

const STEP = 200;
/** Frames that fill a session's ring of 4 s. */
const RING_FRAMES = 200;
const RING_KB = (RING_FRAMES * 640) / 1024;

/** What one more satellite costs when it stands idle after having spoken: the slope from 200 to 400. */
export const bench: Bench = {
  name: "satellite-memory",
  async run({ rounds }) {
    const hub: number[] = [];
    const sink: number[] = [];
    for (let i = 0; i < rounds; i++) {
      sink.push(await slopeKb("sink-server.ts", { measureAges: false } satisfies SinkSetup));
      hub.push(await slopeKb("satellite-server.ts", { wake: "hub", measureAges: false, times: NO_TIMES }));
    }
    return [
      {
        bench: "satellite-memory",
        what: "an idle satellite, its ring not counted",
        unit: "KB",
        measured: median(hub) - RING_KB,
        baseline: median(sink),
        budget: { of: "measured", kind: "at most", limit: 40 },
        note: `with its ring of ${RING_KB} KB, filled, ${median(hub).toFixed(0)} KB; slope of RSS from ${STEP} to ${2 * STEP}`,
      },
    ];
  },
};

async function slopeKb(script: string, given: unknown): Promise<number> {
  await using server = new Child(script, "serves");
  await using load = new Child("satellite-load.ts", "loads");
  const port = await server.ask<number>("open", given);
  const more = async () => {
    await load.ask("connect", { port, path: "/ws/satellite?device=satellite-*", count: STEP });
    await load.ask("burst", { frames: RING_FRAMES });
    await Bun.sleep(100);
    return await server.rssBytes();
  };
  const before = await more();
  return ((await more()) - before) / STEP / 1024;
}
