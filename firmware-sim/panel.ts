import type { SatelliteEventRecord, SatelliteState } from "./satellite-state.ts";

export interface PanelInput {
  readonly title: string;
  readonly state: SatelliteState;
  /** The latest events; the last ones that fit are shown. */
  readonly events: readonly SatelliteEventRecord[];
  /** Capacity of the speaker's buffer. */
  readonly speakerBufferMs: number;
  /** Text being typed, undefined when no text is. */
  readonly typing: string | undefined;
  readonly colour: boolean;
}

/** Width of a bar in characters. */
const BAR = 24;
/** Lines of events. */
const EVENT_LINES = 8;

/**
 * The satellite as a terminal shows it, one string per line.
 *
 * State is given in words beside every colour, so that it reads the same without colours.
 */
export function panelLines(input: PanelInput): string[] {
  const { state, colour } = input;
  const { r, g, b, brightness } = state.led;
  const lit = (part: number) => Math.round(part * brightness);
  const ring = colour ? `\x1b[38;2;${lit(r)};${lit(g)};${lit(b)}m●●●●●●\x1b[0m` : "●●●●●●";
  const bold = (text: string) => (colour ? `\x1b[1m${text}\x1b[0m` : text);
  const mic = state.muted ? "muted" : `${bar((state.micDb + 80) / 80)} ${state.micDb.toFixed(0)} dB`;
  const buffer = `${bar(state.bufferedMs / input.speakerBufferMs)} ${Math.round(state.bufferedMs)} ms`;
  const doing = state.audible ? "speaking" : state.listening ? "listening" : "quiet";
  const keys = input.typing === undefined ? "b button  m mute  t type  q quit" : `say: ${input.typing}▏`;
  return [
    `${ring} ${bold(input.title)}  ${state.link}  hub: ${state.hubState ?? "unknown"}  ${doing}`,
    `LED      ${r},${g},${b} at ${percent(brightness)}`,
    `mic      ${mic}`,
    `speaker  ${buffer}  volume ${percent(state.volume)}`,
    `counts   underruns ${state.underruns}  lost ${state.overrunBytes} B  turns ${state.turnsPlayed.length}`,
    `board    RSSI ${state.wifiRssi} dBm  battery ${percent(state.battery)}  links ${state.connections}`,
    ...input.events
      .filter(({ kind }) => kind !== "position")
      .slice(-EVENT_LINES)
      .map((event) => `  ${eventLine(event)}`),
    keys,
  ];
}

/** An event on one line, times in seconds. What the hub says is not repeated. */
export function eventLine(event: SatelliteEventRecord): string {
  const { kind, atMs, ...rest } = event;
  const fields = Object.entries(rest).flatMap(([name, value]) => {
    if (value === undefined || name === "text") return [];
    if (typeof value === "object") return [JSON.stringify(value)];
    return [`${name}=${typeof value === "number" ? Math.round(value * 100) / 100 : value}`];
  });
  return [`${(atMs / 1000).toFixed(2)}s`, kind, ...fields].join(" ");
}

function bar(ratio: number): string {
  const full = Math.round(Math.max(0, Math.min(1, ratio)) * BAR);
  return `${"█".repeat(full)}${"░".repeat(BAR - full)}`;
}

function percent(ratio: number): string {
  return `${Math.round(ratio * 100)}%`;
}

/** What a key does to a satellite that is shown. */
export type PanelAction =
  | { readonly kind: "press" }
  | { readonly kind: "mute" }
  | { readonly kind: "quit" }
  | { readonly kind: "type"; readonly text: string };

/** Keys of the panel, typed text included. Ctrl-C always quits. */
export class PanelKeys {
  #typing: string | undefined;

  /** Text typed so far, undefined when no text is being typed. */
  get typing(): string | undefined {
    return this.#typing;
  }

  /** Take what the terminal sent; returns what is to be done. */
  keys(input: string): PanelAction[] {
    return [...input].flatMap((key) => this.#key(key) ?? []);
  }

  #key(key: string): PanelAction | undefined {
    if (key === "\x03") return { kind: "quit" };
    if (this.#typing !== undefined) return this.#letter(key, this.#typing);
    if (key === "b" || key === " ") return { kind: "press" };
    if (key === "m") return { kind: "mute" };
    if (key === "q") return { kind: "quit" };
    if (key === "t") this.#typing = "";
    return undefined;
  }

  #letter(key: string, typed: string): PanelAction | undefined {
    if (key === "\r" || key === "\n") {
      this.#typing = undefined;
      return typed.trim() === "" ? undefined : { kind: "type", text: typed.trim() };
    }
    if (key === "\x1b") this.#typing = undefined;
    else if (key === "\x7f" || key === "\b") this.#typing = typed.slice(0, -1);
    else if (key >= " ") this.#typing = typed + key;
    return undefined;
  }
}
