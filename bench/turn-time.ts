import { FRAME_MS } from "#core/pcm.ts";
import { Child } from "./child.ts";
import { plainFrame, type TookMs } from "./fake-engines.ts";
import type { Bench } from "./row.ts";
import { SatelliteClient } from "./satellite-client.ts";
import type { SatelliteServerSetup } from "./satellite-server.ts";
import { median, percentile } from "./statistics.ts";

const SENTENCE_MS = 200;
const SETUP: SatelliteServerSetup = {
  wake: "button",
  measureAges: false,
  times: {
    stt: 60,
    core: 120,
    tts: 80,
    sentenceMs: SENTENCE_MS,
    reply: "The first sentence is this. And here is the second one.",
  },
};
const SENTENCES = 2;
const SPEECH_FRAMES = 20;
/** 200 ms, the silence after which the bench's hub takes an utterance for finished. */
const SILENCE_FRAMES = 10;
const TURNS_A_ROUND = 3;

/**
 * How long a turn takes against the sum of what it cannot do without: recogniser, model, first sentence's voice,
 * and for the whole turn the reply's own length. The second sentence's voice must cost nothing.
 */
export const bench: Bench = {
  name: "turn-time",
  async run({ rounds }) {
    await using stack = new AsyncDisposableStack();
    const hub = stack.use(new Child("satellite-server.ts", "serves"));
    const satellite = stack.use(
      await SatelliteClient.connect(await hub.ask<number>("open", SETUP), "kitchen"),
    );
    await turn(satellite);
    await hub.ask("took");

    const first: number[] = [];
    const whole: number[] = [];
    const sums: number[] = [];
    for (let i = 0; i < rounds * TURNS_A_ROUND; i++) {
      const { firstMs, wholeMs } = await turn(satellite);
      const took = await hub.ask<{ readonly [engine in keyof TookMs]: readonly number[] }>("took");
      const sum = [took.stt, took.core, took.tts].reduce((total, [ms = Number.NaN]) => total + ms, 0);
      sums.push(sum);
      first.push(firstMs / sum);
      whole.push(wholeMs / (sum + SENTENCES * SENTENCE_MS));
    }
    const sum = median(sums);
    const spoken = sum + SENTENCES * SENTENCE_MS;
    const budget = { of: "ratio", kind: "at most", limit: 1.03 } as const;
    return [
      {
        bench: "turn-time",
        what: "end of speech decided → first frame",
        unit: "ms",
        measured: median(first) * sum,
        baseline: sum,
        ratio: median(first),
        budget,
        note: `${first.length} turns, worst ${percentile(first, 100).toFixed(3)}×; baseline is what the fake engines took`,
      },
      {
        bench: "turn-time",
        what: "end of speech decided → reply heard",
        unit: "ms",
        measured: median(whole) * spoken,
        baseline: spoken,
        ratio: median(whole),
        budget,
        note: `two sentences; worst ${percentile(whole, 100).toFixed(3)}×`,
      },
    ];
  },
};

/** Press the button, speak, fall silent; times count from the frame with which the silence is long enough. */
async function turn(
  satellite: SatelliteClient,
): Promise<{ readonly firstMs: number; readonly wholeMs: number }> {
  satellite.say("event", { source: "button", action: "pressed" });
  await satellite.state("listening");
  const speech = plainFrame(true);
  const silence = plainFrame(false);
  const startedAt = performance.now();
  let endedAt = 0;
  for (let i = 0; i < SPEECH_FRAMES + SILENCE_FRAMES; i++) {
    await Bun.sleep(Math.max(0, startedAt + i * FRAME_MS - performance.now()));
    endedAt = performance.now();
    satellite.frame(i < SPEECH_FRAMES ? speech : silence);
  }
  const first = await satellite.audio();
  const idle = await satellite.state("idle");
  return { firstMs: first.atMs - endedAt, wholeMs: idle.atMs - endedAt };
}
