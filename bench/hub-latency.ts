import { Child } from "./child.ts";
import { NO_TIMES } from "./ingest.ts";
import type { RelaySetup } from "./relay-server.ts";
import type { Bench } from "./row.ts";
import { SatelliteClient } from "./satellite-client.ts";
import type { SatelliteServerSetup } from "./satellite-server.ts";
import { median, percentile } from "./statistics.ts";

const TURNS_A_ROUND = 200;
/** The first chunk of a voice: 100 ms, as streaming voices send. */
const CHUNK = new Uint8Array(3200);

/**
 * What the hub adds between a voice's first byte and the satellite's first frame.
 *
 * Voice and satellite are this process, so one clock times both ends; hub and relay are a process each.
 */
export const bench: Bench = {
  name: "hub-latency",
  async run({ rounds }) {
    await using stack = new AsyncDisposableStack();
    let saidAt = 0;
    const voice = Bun.serve({
      hostname: "127.0.0.1",
      port: 0,
      fetch: (request, server) => (server.upgrade(request) ? undefined : new Response("no")),
      websocket: {
        message(socket) {
          saidAt = performance.now();
          socket.send(CHUNK);
          socket.send("done");
        },
      },
    });
    stack.defer(() => voice.stop(true));
    const voiceUrl = `ws://127.0.0.1:${voice.port}/`;

    const hub = stack.use(new Child("satellite-server.ts", "serves"));
    const setup: SatelliteServerSetup = {
      wake: "button",
      measureAges: false,
      times: { ...NO_TIMES, reply: "One." },
      voiceUrl,
    };
    const satellite = stack.use(
      await SatelliteClient.connect(await hub.ask<number>("open", setup), "kitchen"),
    );
    const relay = stack.use(new Child("relay-server.ts", "serves"));
    const relayPort = await relay.ask<number>("open", { voiceUrl } satisfies RelaySetup);
    const relayed = new WebSocket(`ws://127.0.0.1:${relayPort}/`);
    relayed.binaryType = "arraybuffer";
    await new Promise((resolve) => relayed.addEventListener("open", resolve, { once: true }));

    async function throughHub(): Promise<number> {
      satellite.say("text", { text: "hello" });
      const { atMs } = await satellite.audio();
      satellite.say("playback_complete", {});
      await satellite.state("idle");
      await Bun.sleep(4); // two messages a turn; the hub closes a satellite that sends more than 500 a second
      return atMs - saidAt;
    }
    async function throughRelay(): Promise<number> {
      const heard = new Promise<number>((resolve) => {
        relayed.addEventListener("message", () => resolve(performance.now()), { once: true });
      });
      relayed.send("hello");
      const took = (await heard) - saidAt;
      await Bun.sleep(1); // "done" is passed on too
      return took;
    }

    for (let i = 0; i < TURNS_A_ROUND; i++) await throughHub(); // compiled
    for (let i = 0; i < TURNS_A_ROUND; i++) await throughRelay();
    const ours: number[][] = [];
    const bare: number[][] = [];
    for (let round = 0; round < rounds; round++) {
      bare.push(await repeated(throughRelay));
      ours.push(await repeated(throughHub));
    }
    const p50 = (all: readonly (readonly number[])[]) => all.map((one) => percentile(one, 50));
    // Of all rounds together: of one round's 200 turns it would be the second worst.
    const p99 = (all: readonly (readonly number[])[]) => percentile(all.flat(), 99);
    const added = median(p50(ours).map((value, round) => value - (p50(bare)[round] ?? 0)));
    return [
      {
        bench: "hub-latency",
        what: "added between voice and satellite, p50",
        unit: "ms",
        measured: added,
        budget: { of: "measured", kind: "at most", limit: 1.5 },
        note: `through the hub ${median(p50(ours)).toFixed(2)} ms, through the relay ${median(p50(bare)).toFixed(2)} ms`,
      },
      {
        bench: "hub-latency",
        what: "voice to satellite, p99",
        unit: "ms",
        measured: p99(ours),
        baseline: p99(bare),
        ratio: p99(ours) / p99(bare),
        budget: { of: "ratio", kind: "at most", limit: 2 },
      },
    ];
  },
};

async function repeated(once: () => Promise<number>): Promise<number[]> {
  const values: number[] = [];
  for (let i = 0; i < TURNS_A_ROUND; i++) values.push(await once());
  return values;
}
