import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { findModels, readyModel } from "#adapters/models/resolve.ts";
import { defaultDataDir, openDataDir } from "#adapters/system/data-dir.ts";
import { jsonLog } from "#adapters/system/json-log.ts";
import { Cancelled } from "#core/faults.ts";
import { msOf } from "#core/pcm.ts";
import type { EventOf, EventType } from "#events/hub-event.ts";
import type { Hub } from "#hub.ts";
import { connectSatellite } from "#sim/satellite.ts";
import type { SimulatedSatellite } from "#sim/simulated-satellite.ts";
import type { Command } from "./command.ts";
import { type DemoScript, recordedScript, speechFolder, syntheticScript } from "./demo-speech.ts";
import { EventLines } from "./event-line.ts";
import { painter } from "./event-paint.ts";
import { askedToEnd, checkoutFolder, readConfig, startHubHere } from "./hub-process.ts";
import { waterfall } from "./waterfall.ts";

const ROOMS = ["kitchen", "living room", "bedroom"] as const;
// A turn's own caps end it long before this.
const TURN_MS = 30_000;
// A wake is reported at most half a second after the phrase.
const WAKE_MS = 1500;
// Between two questions, so that a reader can follow.
const PAUSE_MS = 1200;

/** Show the main job with nothing but this machine: no key, no hardware, no network. */
export const command: Command = {
  summary: "show a spoken conversation with three simulated rooms; needs no key and no hardware",
  usage: `hearth demo [--port N] [--once] [--json]

Starts a temporary hub and three simulated satellites. The kitchen speaks; you see the wake, the words as they are
understood, the answer, and where each turn's time went. Then the hub keeps serving until Ctrl-C.

  --port N  where the hub listens (default 8765, or any free port when that one is taken)
  --once    end after the conversation instead of serving on; exit code 1 when a question went unanswered
  --json    print the events as JSON instead of the story`,
  async run(argv) {
    const options = parsed(argv);
    if (typeof options === "string") {
      console.error(`hearth demo: ${options}\n\n${command.usage}`);
      return 2;
    }
    const ending = askedToEnd();
    const folder = await mkdtemp(join(tmpdir(), "hearth-demo-"));
    try {
      return await demonstrate(folder, options, ending);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
};

interface DemoOptions {
  readonly port: string;
  readonly once: boolean;
  readonly json: boolean;
}

function parsed(argv: readonly string[]): DemoOptions | string {
  try {
    const { values } = parseArgs({
      args: [...argv],
      options: { port: { type: "string" }, once: { type: "boolean" }, json: { type: "boolean" } },
    });
    return { port: values.port ?? freePort(8765), once: values.once ?? false, json: values.json ?? false };
  } catch (error) {
    return error instanceof Error ? error.message : "these arguments are not understood";
  }
}

async function demonstrate(
  folder: string,
  options: DemoOptions,
  ending: Promise<NodeJS.Signals>,
): Promise<number> {
  const loaded = readConfig(folder, undefined, {
    ...process.env,
    HEARTH_SERVER_HOST: "127.0.0.1",
    HEARTH_SERVER_PORT: options.port,
    HEARTH_WAKE_PHRASES: "computer,hey tars",
  });
  if (!loaded.ok) {
    for (const problem of loaded.problems) console.error(`hearth demo: ${problem}`);
    return 2;
  }
  await using dataDir = await openDataDir(folder);
  // What went wrong is in the story; the log would only repeat it between the lines.
  const log = jsonLog({ level: "error", pretty: true, write: (line) => void process.stderr.write(line) });
  await using hub = await startHubHere({ config: loaded.config, dataDir, log, models: installedModels() });
  const stopping = new AbortController();
  void ending.then(() => stopping.abort(new Cancelled("shutdown")));
  try {
    return await perform(hub, options, stopping.signal);
  } catch (error) {
    if (!stopping.signal.aborted) throw error;
    return 0; // Ctrl-C, wherever it came
  }
}

/** The conversation, and then the serving. @throws the signal's reason once it aborts. */
async function perform(hub: Hub, options: DemoOptions, signal: AbortSignal): Promise<number> {
  const stopped = aborted(signal);
  const telling = new AbortController();
  const told = AbortSignal.any([signal, telling.signal]);
  if (options.json)
    hub.bus.onAny({ name: "demo", signal: told }, (event) => console.log(JSON.stringify(event)));
  else tellStory(hub, told);

  say(options, `Hearth listens at ${hub.httpUrl}. Its engines are loading.`);
  await Promise.race([hub.engines.settled, stopped]);
  const speech = speechFolder(checkoutFolder(), process.env);
  const script = speech === undefined ? await syntheticScript(hub.engines.tts) : await recordedScript(speech);
  say(options, `The voice in the kitchen: ${script.source}.`);

  await using rooms = new AsyncDisposableStack();
  const satellites: SimulatedSatellite[] = [];
  for (const room of ROOMS) {
    const hello = { id: room.replace(" ", "-"), room, name: room, capabilities: ["playback_position"] };
    const satellite = await connectSatellite({
      url: hub.satelliteUrl,
      signal,
      hello,
      reconnect: true,
    });
    satellites.push(rooms.use(satellite));
  }
  const answered = await converse(hub, satellites[0], script, options, signal);
  signal.throwIfAborted();
  if (options.once) telling.abort();
  say(options, `\n${answered} of ${script.utterances.length} questions were answered.`);
  if (options.once) return answered === script.utterances.length ? 0 : 1;
  say(
    options,
    `The hub serves on at ${hub.httpUrl}: connect a satellite to ${hub.satelliteUrl}. Ctrl-C ends it.`,
  );
  return await stopped;
}

/** Rejects with the signal's reason when it aborts. */
function aborted(signal: AbortSignal): Promise<never> {
  const never = Promise.withResolvers<never>();
  signal.addEventListener("abort", () => never.reject(signal.reason), { once: true });
  // Where nobody waits for it any more it is no news.
  never.promise.catch(() => undefined);
  return never.promise;
}

/** Ask everything in turn, again where the hub did not wake, as a person would; returns how many were answered. */
async function converse(
  hub: Hub,
  kitchen: SimulatedSatellite | undefined,
  script: DemoScript,
  options: DemoOptions,
  signal: AbortSignal,
): Promise<number> {
  let answered = 0;
  for (const { text, takes } of script.utterances) {
    for (const [attempt, pcm] of takes.entries()) {
      if (signal.aborted || !kitchen) return answered;
      await pause(PAUSE_MS, signal);
      say(
        options,
        attempt === 0 ? `\nThe kitchen hears: “${text}”` : "It did not wake; somebody says it again.",
      );
      const woken = next(hub, "wake_detected", msOf(pcm.length) + WAKE_MS, signal);
      const ended = next(hub, "turn_end", msOf(pcm.length) + TURN_MS, signal);
      await kitchen.say(pcm);
      if ((await woken) === undefined) continue;
      if ((await ended)?.reason === "answered") answered += 1;
      break;
    }
  }
  return answered;
}

/** The next event of a type; `undefined` when none comes in time. */
function next<T extends EventType>(
  hub: Hub,
  type: T,
  withinMs: number,
  signal: AbortSignal,
): Promise<EventOf<T> | undefined> {
  const came = Promise.withResolvers<EventOf<T> | undefined>();
  const waiting = new AbortController();
  const any = AbortSignal.any([signal, waiting.signal, AbortSignal.timeout(withinMs)]);
  hub.bus.on(type, { name: "demo", signal: any }, came.resolve);
  any.addEventListener("abort", () => came.resolve(undefined), { once: true });
  return came.promise.finally(() => waiting.abort());
}

/** The models that were pulled for the real hub, where they can hear; the temporary one has none of its own. */
function installedModels(): string | undefined {
  const dataDir = defaultDataDir(process.env);
  const found = findModels({ env: {}, dataDir });
  return readyModel(found, "wake") ? join(dataDir, "models") : undefined;
}

/** Events a reader of the demo can do without. */
const UNTOLD: ReadonlySet<EventType> = new Set([
  "satellite_status",
  "turn_state",
  "wake_score",
  "stt_start",
  "system_info",
  "system_metrics",
  "component_timing",
  "latency_trace",
]);

function tellStory(hub: Hub, signal: AbortSignal): void {
  const lines = new EventLines();
  const paint = painter();
  hub.bus.onAny({ name: "demo", signal }, (event) => {
    const line = lines.line(event);
    if (!UNTOLD.has(event.type)) console.log(paint(line));
    if (event.type !== "turn_end") return;
    for (const bar of waterfall(event.trace)) console.log(`    ${bar}`);
  });
}

function say(options: DemoOptions, text: string): void {
  if (options.json) console.error(text);
  else console.log(text);
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener(
      "abort",
      () => {
        clearTimeout(timer);
        resolve();
      },
      { once: true },
    );
  });
}

/** `port` when nobody listens there yet, else 0: any. */
function freePort(port: number): string {
  try {
    const probe = Bun.listen({ hostname: "127.0.0.1", port, socket: { data: () => undefined } });
    probe.stop(true);
    return String(port);
  } catch {
    return "0"; // taken, which is no reason not to show anything
  }
}
