import { PanelKeys, panelLines } from "./panel.ts";
import type { SimClock } from "./sim-clock.ts";
import type { SimulatedSatellite } from "./simulated-satellite.ts";

/** The terminal a panel is shown on. */
export interface Terminal {
  readonly colour: boolean;
  write(text: string): void;
  /** Keys as they are pressed; ends when the signal aborts. Raw: no echo, no line editing. */
  keys(signal: AbortSignal): AsyncIterable<string>;
}

/** Ten pictures a second: a level meter looks alive and a slow terminal keeps up. */
const PERIOD_MS = 100;

/** Show a satellite and act on keys until `q` is pressed or `signal` aborts. */
export async function runPanel(options: {
  readonly title: string;
  readonly satellite: SimulatedSatellite;
  readonly speakerBufferMs: number;
  readonly terminal: Terminal;
  readonly clock: SimClock;
  readonly signal: AbortSignal;
}): Promise<void> {
  const { satellite, terminal, clock } = options;
  const quit = new AbortController();
  const signal = AbortSignal.any([options.signal, quit.signal]);
  const keys = new PanelKeys();
  let drawn = 0;
  const draw = () => {
    const lines = panelLines({
      title: options.title,
      state: satellite.state(),
      events: satellite.events().slice(-50),
      speakerBufferMs: options.speakerBufferMs,
      typing: keys.typing,
      colour: terminal.colour,
    });
    // Up to the first line of the last picture, then each line cleared to its end and what is left below it.
    const up = drawn > 0 ? `\x1b[${drawn}A` : "";
    terminal.write(`${up}${lines.map((line) => `\r${line}\x1b[K\n`).join("")}\x1b[J`);
    drawn = lines.length;
  };
  const drawing = (async () => {
    while (!signal.aborted) {
      draw();
      await clock.sleep(PERIOD_MS, signal).catch(() => undefined);
    }
  })();
  for await (const input of terminal.keys(signal)) {
    for (const action of keys.keys(input)) {
      if (action.kind === "press") satellite.press();
      else if (action.kind === "mute") satellite.mute(!satellite.state().muted);
      else if (action.kind === "type") satellite.type(action.text);
      else quit.abort();
    }
    if (signal.aborted) break;
  }
  quit.abort();
  await drawing;
}
