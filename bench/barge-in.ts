import { Child } from "./child.ts";
import type { Bench } from "./row.ts";
import { SatelliteClient } from "./satellite-client.ts";
import type { SatelliteServerSetup } from "./satellite-server.ts";
import { median, percentile } from "./statistics.ts";

const SATELLITES = 8;
const SETUP: SatelliteServerSetup = {
  wake: "button",
  measureAges: false,
  times: { stt: 0, core: 0, tts: 0, sentenceMs: 10_000, reply: "A very long story." },
};
/** How long the satellite listens for audio that should no longer come. */
const AFTER_MS = 60;

/** From the button pressed in the middle of a reply to the last byte of that reply, both at the satellite. */
export const bench: Bench = {
  name: "barge-in",
  async run({ rounds }) {
    await using stack = new AsyncDisposableStack();
    const hub = stack.use(new Child("satellite-server.ts", "serves"));
    const port = await hub.ask<number>("open", SETUP);
    const satellites: SatelliteClient[] = [];
    for (let i = 0; i < SATELLITES; i++) {
      satellites.push(stack.use(await SatelliteClient.connect(port, `satellite-${i}`)));
    }
    const all = () => Promise.all(satellites.map((satellite, i) => interrupted(satellite, 400 + i * 7)));
    await all();
    const last: number[] = [];
    const silent: number[] = [];
    for (let i = 0; i < rounds * 4; i++) {
      for (const result of await all()) {
        last.push(result.lastByteMs);
        silent.push(result.stoppedMs);
      }
    }
    const note = `${last.length} interruptions of ${SATELLITES} satellites at once; both ways over the socket included`;
    return [
      {
        bench: "barge-in",
        what: "button to the reply's last byte, p99",
        unit: "ms",
        measured: percentile(last, 99),
        budget: { of: "measured", kind: "at most", limit: 10 },
        note: `${note}; 0 when nothing came after the button`,
      },
      { bench: "barge-in", what: "button to stop_playback, p50", unit: "ms", measured: median(silent) },
      {
        bench: "barge-in",
        what: "button to stop_playback, p99",
        unit: "ms",
        measured: percentile(silent, 99),
      },
    ];
  },
};

/** Interrupt a reply `afterMs` into it. */
async function interrupted(
  satellite: SatelliteClient,
  afterMs: number,
): Promise<{ readonly lastByteMs: number; readonly stoppedMs: number }> {
  satellite.say("text", { text: "tell me a story" });
  await satellite.audio();
  await Bun.sleep(afterMs);
  satellite.rest();
  const pressedAt = performance.now();
  press(satellite);
  const untilStop = await satellite.through((it) => it.kind === "message" && it.detail === "stop_playback");
  const stoppedAt = untilStop.at(-1)?.atMs ?? Number.NaN;
  await Bun.sleep(AFTER_MS);
  const audio = [...untilStop, ...satellite.rest()].filter((it) => it.kind === "audio");
  press(satellite); // ends the listening that the first press began
  await satellite.state("idle");
  return { lastByteMs: (audio.at(-1)?.atMs ?? pressedAt) - pressedAt, stoppedMs: stoppedAt - pressedAt };
}

function press(satellite: SatelliteClient): void {
  satellite.say("event", { source: "button", action: "pressed" });
}
