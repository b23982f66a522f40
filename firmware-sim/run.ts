import { encodeWav } from "#core/wav.ts";
import type { SimulatorArguments } from "./arguments.ts";
import { eventLine } from "./panel.ts";
import { runPanel, type Terminal } from "./panel-loop.ts";
import { playScenarioFile } from "./run-scenario.ts";
import { connectSatellite } from "./satellite.ts";
import type { SatelliteEventRecord } from "./satellite-state.ts";
import type { SimClock } from "./sim-clock.ts";
import type { SimulatedSatellite } from "./simulated-satellite.ts";
import { pcmOfStream, readWav, type Speak } from "./sources.ts";

/** What the simulator needs from its process. */
export interface SimulatorDeps {
  readonly clock: SimClock;
  /** Aborted by Ctrl-C: everything ends orderly. */
  readonly signal: AbortSignal;
  /** Undefined where nothing can speak. */
  readonly speak: Speak | undefined;
  /** Undefined where output goes to a pipe or file. */
  readonly terminal: Terminal | undefined;
  readonly stdin: () => AsyncIterable<Uint8Array>;
  /** One line of the answer. */
  print(line: string): void;
  /** One line for the person, not for a program that reads the answer. */
  note(line: string): void;
}

/** Longest wait for a reply after the last thing was said. */
const REPLY_WITHIN_MS = 20_000;
/** A silence longer than this in `--out` is shortened to it. */
const OUT_GAP_MS = 2000;

/**
 * Do what the arguments say; resolves with the exit code: 0 done, 1 no answer, a failed expectation or no hub.
 */
export async function runSimulator(args: SimulatorArguments, deps: SimulatorDeps): Promise<number> {
  try {
    if (args.scenario !== undefined) return await playScenarioFile(args.scenario, args, deps);
    return await runSatellites(args, deps);
  } catch (cause) {
    if (deps.signal.aborted) return 0;
    deps.note(cause instanceof Error ? cause.message : "the simulator failed");
    return 1;
  }
}

async function runSatellites(args: SimulatorArguments, deps: SimulatorDeps): Promise<number> {
  const sounds = await soundsOf(args, deps);
  const lasting = args.durationMs === undefined ? [] : [AbortSignal.timeout(args.durationMs)];
  const signal = AbortSignal.any([deps.signal, ...lasting]);
  await using stack = new AsyncDisposableStack();
  const crowd: SimulatedSatellite[] = [];
  for (let i = 0; i < args.count; i++) {
    const satellite = await connect(args, i, deps);
    stack.use(satellite);
    crowd.push(satellite);
    report(satellite, nameOf(args, i), args, deps);
  }
  const [first] = crowd;
  if (!first) return 1;
  const shown =
    args.count === 1 && deps.terminal && args.panel !== false && !args.json ? deps.terminal : undefined;
  const over = new AbortController();
  const ended = AbortSignal.any([signal, over.signal]);
  const { speakerBufferMs } = args;
  const panel = shown
    ? runPanel({
        title: args.id,
        satellite: first,
        speakerBufferMs,
        terminal: shown,
        clock: deps.clock,
        signal: ended,
      })
    : undefined;
  void panel?.then(() => over.abort());
  const faults = crowd.map((satellite) => strike(satellite, args, deps, ended));
  const answered = await Promise.all(crowd.map((satellite) => talk(satellite, sounds, args, deps, ended)));
  over.abort();
  await Promise.all([panel, ...faults]);
  await stack.disposeAsync();
  if (args.out !== undefined) await Bun.write(args.out, encodeWav(first.recording.timeline(OUT_GAP_MS)));
  for (const [i, satellite] of crowd.entries()) deps.print(summary(satellite, nameOf(args, i), args));
  return answered.every(Boolean) ? 0 : 1;
}

async function soundsOf(args: SimulatorArguments, deps: SimulatorDeps): Promise<Int16Array[]> {
  const wavs = [args.wakeWav ?? [], args.wav].flat();
  const sounds = await Promise.all(wavs.map(readWav));
  for (const text of args.text) {
    if (!deps.speak) throw new Error("Nothing here can speak: install flite or espeak-ng, or use --wav.");
    sounds.push(await deps.speak(text, deps.signal));
  }
  return sounds;
}

function nameOf(args: SimulatorArguments, index: number): string {
  return args.count === 1 ? args.id : `${args.id}-${index + 1}`;
}

function connect(args: SimulatorArguments, index: number, deps: SimulatorDeps): Promise<SimulatedSatellite> {
  const id = nameOf(args, index);
  const url = new URL(args.url);
  if (args.dialect !== "hearth" && args.namesItself) url.searchParams.set("device", id);
  const { room, name, token } = args;
  return connectSatellite({
    url: url.href,
    signal: deps.signal,
    clock: deps.clock,
    dialect: args.dialect,
    hello: { id, ...(room === undefined ? {} : { room }), ...(name === undefined ? {} : { name }) },
    ...(token === undefined ? {} : { token }),
    frameMs: args.frameMs,
    speed: args.speed,
    speakerBufferMs: args.speakerBufferMs,
    echoRatio: args.echoRatio,
    reconnect: args.reconnect,
    seed: index + 1,
  });
}

/** Print events as they happen, where no panel shows them and no crowd would drown them. */
function report(
  satellite: SimulatedSatellite,
  id: string,
  args: SimulatorArguments,
  deps: SimulatorDeps,
): void {
  const panelled = deps.terminal !== undefined && args.panel !== false;
  if (!args.json && (panelled || args.count > 1)) return;
  const show = (event: SatelliteEventRecord) => {
    if (args.json) deps.print(JSON.stringify({ satellite: id, ...event }));
    else if (event.kind !== "position" && event.kind !== "sent") deps.print(eventLine(event));
  };
  for (const event of satellite.events()) show(event);
  satellite.onEvent(deps.signal, show);
}

async function strike(
  satellite: SimulatedSatellite,
  args: SimulatorArguments,
  deps: SimulatorDeps,
  signal: AbortSignal,
): Promise<void> {
  const beganMs = deps.clock.now();
  try {
    for (const { fault, atMs } of args.faults) {
      await deps.clock.sleep(atMs - (deps.clock.now() - beganMs), signal);
      satellite.inject(fault);
    }
  } catch (cause) {
    if (!signal.aborted) throw cause;
  }
}

/** Say everything and hear the reply, or stay until the signal. Whether it went well. */
async function talk(
  satellite: SimulatedSatellite,
  sounds: readonly Int16Array[],
  args: SimulatorArguments,
  deps: SimulatorDeps,
  signal: AbortSignal,
): Promise<boolean> {
  const mark = satellite.mark();
  if (args.press) satellite.press();
  if (args.dialect === "flat" && !args.press && sounds.length > 0) satellite.wake("sim");
  const saying = (async () => {
    for (const sound of sounds) await satellite.say(sound);
    if (args.stdin) for await (const pcm of pcmOfStream(deps.stdin())) await satellite.say(pcm);
  })();
  const ended = new Promise<"ended">((resolve) => {
    if (signal.aborted) resolve("ended");
    signal.addEventListener("abort", () => resolve("ended"), { once: true });
  });
  saying.catch(() => undefined);
  const said = await Promise.race([saying, ended]);
  if (said === "ended") return true;
  const silent = sounds.length === 0 && !args.stdin && !args.press;
  if (silent || args.durationMs !== undefined) {
    await ended;
    return true;
  }
  const reply = satellite.untilEvent(({ kind }) => kind === "audio-end", "a reply", {
    since: mark,
    withinMs: REPLY_WITHIN_MS,
  });
  const heard = await Promise.race([
    reply.then(
      () => true,
      (cause: unknown) => cause,
    ),
    ended,
  ]);
  if (heard instanceof Error && !signal.aborted) deps.note("There was no reply.");
  return !(heard instanceof Error) || signal.aborted;
}

function summary(satellite: SimulatedSatellite, id: string, args: SimulatorArguments): string {
  const state = satellite.state();
  const figures = {
    satellite: id,
    sent_chunks: state.micChunks,
    heard_ms: Math.round(state.playedSamples / 16),
    turns: state.turnsPlayed.length,
    underruns: state.underruns,
    overrun_bytes: state.overrunBytes,
    links: state.connections,
  };
  if (args.json) return JSON.stringify({ kind: "summary", ...figures });
  return Object.entries(figures)
    .map(([name, value]) => `${name}=${value}`)
    .join(" ");
}
