import { Child } from "./child.ts";
import type { Bench, Row } from "./row.ts";
import type { Streamed } from "./satellite-load.ts";
import type { SatelliteServerSetup } from "./satellite-server.ts";
import { median, ratio } from "./statistics.ts";

// A household's worth of microphones, all speaking: enough frames for a steady figure, few enough not to saturate.
const SATELLITES = 200;
const WINDOW_MS = 1200;

/** Engines that are never asked anything. */
export const NO_TIMES: SatelliteServerSetup["times"] = { stt: 0, core: 0, tts: 0, sentenceMs: 0, reply: "" };

/** CPU of the server for one 20 ms frame: the hub's whole way to the ring, against a server that only counts. */
export const bench: Bench = {
  name: "ingest",
  async run({ rounds }) {
    await using stack = new AsyncDisposableStack();
    const stream = async (script: string, given: unknown) => {
      const server = stack.use(new Child(script, "serves"));
      const load = stack.use(new Child("satellite-load.ts", "loads"));
      const port = await server.ask<number>("open", given);
      await load.ask("connect", { port, path: "/ws/satellite?device=satellite-*", count: SATELLITES });
      await load.ask("stream", { ms: WINDOW_MS / 2 }); // compiled and settled
      return async () => {
        const before = await server.cpuMs();
        const { sent } = await load.ask<Streamed>("stream", { ms: WINDOW_MS });
        return (((await server.cpuMs()) - before) * 1000) / sent;
      };
    };
    const sink = await stream("sink-server.ts", { measureAges: false });
    const ring = await stream("satellite-server.ts", { wake: "button", measureAges: false, times: NO_TIMES });
    const ear = await stream("satellite-server.ts", { wake: "hub", measureAges: false, times: NO_TIMES });

    const bare: number[] = [];
    const toRing: number[] = [];
    const toEar: number[] = [];
    for (let i = 0; i < rounds; i++) {
      bare.push(await sink());
      toRing.push(await ring());
      toEar.push(await ear());
    }
    const row = (what: string, measured: readonly number[]): Row => ({
      bench: "ingest",
      what,
      unit: "µs CPU",
      measured: median(measured),
      baseline: median(bare),
      ratio: ratio(measured, bare),
    });
    return [
      {
        ...row("a frame to the ring", toRing),
        budget: { of: "ratio", kind: "at most", limit: 2 },
        note: `${SATELLITES} satellites in real time; baseline is Bun.serve that counts bytes`,
      },
      row("a frame to the ring and to an ear", toEar),
    ];
  },
};
