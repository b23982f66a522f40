import { parseArgs } from "node:util";
import type { Dialect } from "./dialect.ts";
import { parseDuration } from "./duration.ts";
import { FAULT_HELP, type PlannedFault, parseFaultPlan } from "./faults.ts";

/** What the simulator was asked to do. */
export interface SimulatorArguments {
  readonly url: string;
  readonly token: string | undefined;
  readonly id: string;
  /** Old firmware names itself (`?device=`) only where told to, as the original plan's does not at all. */
  readonly namesItself: boolean;
  readonly room: string | undefined;
  readonly name: string | undefined;
  readonly wakeWav: string | undefined;
  readonly wav: readonly string[];
  readonly text: readonly string[];
  readonly stdin: boolean;
  readonly press: boolean;
  readonly out: string | undefined;
  readonly dialect: Dialect;
  readonly frameMs: number;
  readonly speed: number;
  readonly echoRatio: number;
  readonly speakerBufferMs: number;
  readonly count: number;
  readonly scenario: string | undefined;
  readonly faults: readonly PlannedFault[];
  readonly reconnect: boolean;
  readonly json: boolean;
  readonly panel: boolean | undefined;
  readonly durationMs: number | undefined;
}

export const SIMULATOR_USAGE = `A satellite without hardware: talks to a hub as an ESP32 does.

  hearth sim [options]

  --url <url>          default ws://127.0.0.1:8765/ws/satellite
  --token <token>      the satellite's token (or HEARTH_SATELLITE_TOKEN)
  --id --room --name   what it says of itself; id defaults to "sim"
  --plain              firmware of the original plan: PCM and its few messages
  --flat               firmware of the Pi client: flat JSON

what it says
  --wake-wav <file>    said first, as the wake phrase
  --press              press the button first
  --wav <file>         say a recording; may be given several times
  --text <words>       say a text with flite or espeak-ng; may be given several times
  --stdin              say raw s16le 16 kHz mono from standard input
  Without any of these it stays connected until Ctrl-C.

how
  --frame-ms <n>       microphone chunk, default 20
  --speed <x>          microphone faster than real time
  --echo <0..1>        how much of its speaker the microphone hears
  --buffer-ms <n>      what the speaker can hold, default 500
  --count <n>          so many satellites at once: <id>-1, <id>-2, …
  --fault <list>       with times if wanted, as loss=5%,reset@5s,none@20s
                       ${FAULT_HELP}
  --reconnect          connect again after a lost link
  --duration <time>    stop after so long, as 30s
  --scenario <file>    play a YAML scenario instead (docs/simulator.md)

output
  --out <file>         write what was heard as WAV
  --json               one JSON object per line
  --panel, --no-panel  the terminal panel; default on a terminal

Exit code 0: done. 1: no answer, a failed expectation, or no hub. 2: wrong arguments.
`;

const OPTIONS = {
  url: { type: "string", default: "ws://127.0.0.1:8765/ws/satellite" },
  token: { type: "string" },
  id: { type: "string" },
  room: { type: "string" },
  name: { type: "string" },
  "wake-wav": { type: "string" },
  wav: { type: "string", multiple: true },
  text: { type: "string", multiple: true },
  stdin: { type: "boolean", default: false },
  press: { type: "boolean", default: false },
  out: { type: "string" },
  plain: { type: "boolean", default: false },
  flat: { type: "boolean", default: false },
  "frame-ms": { type: "string", default: "20" },
  speed: { type: "string", default: "1" },
  echo: { type: "string", default: "0" },
  "buffer-ms": { type: "string", default: "500" },
  count: { type: "string", default: "1" },
  scenario: { type: "string" },
  fault: { type: "string" },
  reconnect: { type: "boolean", default: false },
  json: { type: "boolean", default: false },
  panel: { type: "boolean" },
  duration: { type: "string" },
} as const;

/** Read the simulator's arguments. @throws {RangeError} or {TypeError} with a sentence when they are wrong. */
export function parseSimulatorArguments(argv: readonly string[]): SimulatorArguments {
  const { values } = parseArgs({ args: [...argv], options: OPTIONS, strict: true, allowNegative: true });
  if (values.plain && values.flat) throw new RangeError("--plain and --flat exclude each other.");
  const url = URL.canParse(values.url) ? new URL(values.url) : undefined;
  if (!url || !/^(ws|wss|http|https):$/.test(url.protocol)) {
    throw new RangeError(`--url ${values.url} is no such address; write ws://host:port/ws/satellite.`);
  }
  const count = Math.floor(number("count", values.count, 1, 5000));
  return {
    url: url.href,
    token: values.token,
    id: values.id ?? "sim",
    namesItself: values.id !== undefined || count > 1,
    room: values.room,
    name: values.name,
    wakeWav: values["wake-wav"],
    wav: values.wav ?? [],
    text: values.text ?? [],
    stdin: values.stdin,
    press: values.press,
    out: values.out,
    dialect: values.plain ? "plain" : values.flat ? "flat" : "hearth",
    frameMs: number("frame-ms", values["frame-ms"], 1, 1000),
    speed: number("speed", values.speed, 0.1, 1000),
    echoRatio: number("echo", values.echo, 0, 1),
    speakerBufferMs: number("buffer-ms", values["buffer-ms"], 20, 60_000),
    count,
    scenario: values.scenario,
    faults: values.fault === undefined ? [] : parseFaultPlan(values.fault),
    reconnect: values.reconnect,
    json: values.json,
    panel: values.panel,
    durationMs: values.duration === undefined ? undefined : parseDuration(values.duration),
  };
}

function number(name: string, text: string, min: number, max: number): number {
  const value = text.trim() === "" ? Number.NaN : Number(text);
  if (!(value >= min && value <= max))
    throw new RangeError(`--${name} must be a number from ${min} to ${max}.`);
  return value;
}
