import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { MODELS_DIR } from "#testing/recordings.ts";
import type { HealthReport } from "#web/health.ts";
import { FeedTap } from "./feed-tap.ts";
import { descendantsOf, gone, type RunningProcess } from "./processes.ts";

const CHECKOUT = resolve(import.meta.dir, "../..");
/** From source, which is what a checkout runs. */
const FROM_SOURCE: readonly string[] = [process.execPath, join(CHECKOUT, "src/main.ts")];
const READY_MS = 20_000;
/** A drain takes at most 5 s, and the process a moment more. */
const EXIT_MS = 7000;

export interface HubProcessOptions {
  /** The configuration as YAML; none when left out. */
  readonly config?: string;
  /** The data directory; a new one, removed with the hub, when left out. */
  readonly data?: string;
  /** Added to the environment, which holds nothing else of Hearth's but the models' folder. */
  readonly env?: Readonly<Record<string, string>>;
  /** The program, without `serve`: the sources by default, or a compiled executable. */
  readonly command?: readonly string[];
  readonly port?: number;
}

/** How a hub's process ended. */
export interface HubExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** From the signal to the end. */
  readonly ms: number;
  readonly stderr: string;
}

/** A hub in a process of its own. Disposing kills it, and whatever it leaves behind. */
export interface HubProcess extends AsyncDisposable {
  readonly pid: number;
  readonly http: string;
  /** The satellites' URL. */
  readonly satellite: string;
  readonly port: number;
  readonly data: string;
  readonly feed: FeedTap;
  /** What it has logged so far. */
  stderr(): string;
  health(): Promise<HealthReport>;
  /** Resolves when both engine hosts have loaded. */
  enginesReady(): Promise<void>;
  /** The processes its engines run in. */
  engineHosts(): RunningProcess[];
  /** SIGTERM: let it end by itself. */
  stop(): Promise<HubExit>;
  /** SIGKILL: as the power goes. Resolves once the process is gone; its engines may live on for a moment. */
  kill(): Promise<void>;
}

/** What a hub said that did not start. */
export interface Refusal {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Start a hub and resolve when it listens, with every event since its start read.
 *
 * @throws {Error} with what it logged when it ends instead, or is not ready within 20 s.
 */
export async function startHubProcess(options: HubProcessOptions = {}): Promise<HubProcess> {
  await using starting = new AsyncDisposableStack();
  const { child, data, stderr } = await launch(options, starting);
  const ready = await readyLine(child, stderr);
  const feed = starting.use(await FeedTap.open(ready.events));
  const end = async (signal: "SIGTERM" | "SIGKILL"): Promise<HubExit> => {
    const startedAt = performance.now();
    child.kill(signal);
    const late = Promise.withResolvers<"late">();
    const timer = setTimeout(() => late.resolve("late"), EXIT_MS);
    const ended = await Promise.race([child.exited, late.promise]);
    clearTimeout(timer);
    if (ended === "late") throw new Error(`the hub still runs ${EXIT_MS} ms after ${signal}\n${stderr()}`);
    await stderr.drained;
    return {
      code: child.exitCode,
      signal: child.signalCode as NodeJS.Signals | null,
      ms: performance.now() - startedAt,
      stderr: stderr(),
    };
  };
  const running = starting.move();
  return {
    pid: child.pid,
    http: ready.http,
    satellite: ready.satellite,
    port: Number(new URL(ready.http).port),
    data,
    feed,
    stderr,
    health: async () => (await (await fetch(`${ready.http}/health`)).json()) as HealthReport,
    async enginesReady() {
      for (const role of ["hearing", "speech"]) {
        await feed.next("provider_state", (event) => event.role === role && event.state === "ready", {
          since: 0,
        });
      }
    },
    engineHosts: () => descendantsOf(child.pid).filter(({ command }) => command.includes("engine-host")),
    stop: () => end("SIGTERM"),
    kill: async () => void (await end("SIGKILL")),
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

/** Start a hub that must not start, and resolve with how it ended. */
export async function startRefused(options: HubProcessOptions): Promise<Refusal> {
  await using starting = new AsyncDisposableStack();
  const { child, stderr } = await launch(options, starting);
  const timer = setTimeout(() => child.kill("SIGKILL"), READY_MS);
  const stdout = await new Response(child.stdout).text();
  await child.exited;
  clearTimeout(timer);
  await stderr.drained;
  return { code: child.exitCode, stdout, stderr: stderr() };
}

/** The end of a hub, and that it was a clean one: exit code 0 within 5 s, nothing left behind. */
export async function stoppedCleanly(hub: HubProcess): Promise<string> {
  const hosts = hub.engineHosts();
  const { code, signal, ms, stderr } = await hub.stop();
  const left = await gone(hosts, 2000);
  if (code !== 0 || signal !== null || ms > 5500 || left.length > 0) {
    const how = `exit code ${code}, signal ${signal}, after ${Math.round(ms)} ms, ${left.length} left`;
    throw new Error(`the hub did not end cleanly: ${how}\n${stderr}`);
  }
  return stderr;
}

async function launch(options: HubProcessOptions, stack: AsyncDisposableStack) {
  const folder = await mkdtemp(join(tmpdir(), "hearth-process-"));
  stack.defer(() => rm(folder, { recursive: true, force: true }));
  const data = options.data ?? join(folder, "data");
  const args = ["serve", "--data", data, "--port", String(options.port ?? 0), "--json"];
  if (options.config !== undefined) {
    const file = join(folder, "hearth.yaml");
    await writeFile(file, options.config);
    args.push("--config", file);
  }
  const child = Bun.spawn([...(options.command ?? FROM_SOURCE), ...args], {
    cwd: CHECKOUT,
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
    env: environment(options.env),
  });
  stack.defer(async () => {
    const left = descendantsOf(child.pid);
    child.kill("SIGKILL");
    await child.exited;
    // A host ends by itself when its hub is gone; a test that fails must not leave one either.
    for (const { pid } of await gone(left, 2000)) process.kill(pid, "SIGKILL");
  });
  return { child, data, stderr: collected(child.stderr) };
}

function environment(extra: Readonly<Record<string, string>> = {}): Record<string, string> {
  const { PATH = "", HOME = "/", TMPDIR, LD_LIBRARY_PATH } = process.env;
  return {
    PATH,
    HOME,
    ...(TMPDIR ? { TMPDIR } : {}),
    ...(LD_LIBRARY_PATH ? { LD_LIBRARY_PATH } : {}),
    ...(existsSync(MODELS_DIR) ? { HEARTH_MODELS: MODELS_DIR } : {}),
    ...extra,
  };
}

/** Everything a stream gives, as it comes. */
function collected(stream: ReadableStream<Uint8Array>): (() => string) & { readonly drained: Promise<void> } {
  let text = "";
  const read = async () => {
    const decoder = new TextDecoder();
    for await (const chunk of stream) text += decoder.decode(chunk, { stream: true });
  };
  return Object.assign(() => text, { drained: read() });
}

interface ReadyLine {
  readonly ready: true;
  readonly http: string;
  readonly satellite: string;
  readonly events: string;
}

async function readyLine(
  child: { readonly stdout: ReadableStream<Uint8Array>; readonly exited: Promise<number> },
  stderr: () => string,
): Promise<ReadyLine> {
  const line = Promise.withResolvers<string>();
  const timer = setTimeout(
    () => line.reject(new Error(`the hub is not ready after ${READY_MS} ms\n${stderr()}`)),
    READY_MS,
  );
  void child.exited.then((code) =>
    line.reject(new Error(`the hub ended with code ${code} instead of listening\n${stderr()}`)),
  );
  const read = async () => {
    const decoder = new TextDecoder();
    let text = "";
    // Read on after the first line: a full pipe would stop the hub.
    for await (const chunk of child.stdout) {
      text += decoder.decode(chunk, { stream: true });
      const end = text.indexOf("\n");
      if (end >= 0) line.resolve(text.slice(0, end));
    }
  };
  void read();
  try {
    return JSON.parse(await line.promise) as ReadyLine;
  } finally {
    clearTimeout(timer);
  }
}
