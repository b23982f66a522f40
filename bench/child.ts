import { join } from "node:path";

/** What a child process can be asked, by name. Answers must survive structured cloning. */
export type Commands = Readonly<Record<string, (given: never) => unknown>>;

interface Call {
  readonly id: number;
  readonly name: string;
  readonly given: unknown;
}

interface Answer {
  readonly id: number;
  readonly result?: unknown;
  readonly error?: string;
}

/**
 * A process of the bench that the bench asks for things. Disposing ends it.
 *
 * Processes are pinned to one core each where `taskset` exists: what serves to the first, what loads to the second,
 * so that a load generator never takes time from what it measures.
 */
export class Child implements AsyncDisposable {
  readonly #process: Bun.Subprocess;
  readonly #waiting = new Map<number, PromiseWithResolvers<unknown>>();
  #calls = 0;

  constructor(script: string, core: "serves" | "loads", env: Readonly<Record<string, string>> = {}) {
    this.#process = Bun.spawn([...pinned(core), process.execPath, join(import.meta.dir, script)], {
      stdio: ["ignore", "inherit", "inherit"],
      env: { ...process.env, ...env },
      serialization: "json",
      ipc: (message: Answer) => this.#answered(message),
      onExit: (_, code, signal) => {
        for (const call of this.#waiting.values())
          call.reject(new Error(`${script} ended: ${code ?? signal}`));
      },
    });
  }

  get pid(): number {
    return this.#process.pid;
  }

  /** Ask and wait for the answer; rejects with what the child threw. */
  async ask<T>(name: string, given: unknown = null): Promise<T> {
    this.#calls += 1;
    const call: Call = { id: this.#calls, name, given };
    const answer = Promise.withResolvers<unknown>();
    this.#waiting.set(call.id, answer);
    this.#process.send(call);
    return (await answer.promise) as T;
  }

  /** CPU it has used since it began, all its threads together, in ms. */
  cpuMs(): Promise<number> {
    return this.ask<number>("cpuMs");
  }

  /** Memory it holds, in bytes, after collecting garbage. */
  rssBytes(): Promise<number> {
    return this.ask<number>("rssBytes");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#waiting.clear();
    this.#process.kill("SIGKILL");
    await this.#process.exited;
  }

  #answered({ id, result, error }: Answer): void {
    const call = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (error === undefined) call?.resolve(result);
    else call?.reject(new Error(error));
  }
}

/** The words that pin a command to its core. */
export function pinned(core: "serves" | "loads"): readonly string[] {
  const taskset = Bun.which("taskset");
  return taskset && navigator.hardwareConcurrency > 1 ? [taskset, "-c", core === "serves" ? "0" : "1"] : [];
}

/** In a child: answer what the bench asks, CPU and memory included. */
export function answerBench(commands: Commands): void {
  const all: Commands = { cpuMs, rssBytes, ...commands };
  // Nobody is left to ask: the bench was ended before it could end this process.
  process.on("disconnect", () => process.exit());
  process.on("message", (call: Call) => {
    void answered(all, call).then((answer) => process.send?.(answer));
  });
}

async function answered(commands: Commands, { id, name, given }: Call): Promise<Answer> {
  try {
    const result = await commands[name]?.(given as never);
    return { id, result: result ?? null };
  } catch (error) {
    return { id, error: error instanceof Error ? error.message : String(error) };
  }
}

function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

async function rssBytes(): Promise<number> {
  // Twice with a pause: finalisers run on an event-loop turn, and the allocator returns pages a little later.
  for (let i = 0; i < 2; i++) {
    Bun.gc(true);
    await Bun.sleep(50);
  }
  return process.memoryUsage.rss();
}

/** Milliseconds that all processes of this machine agree on, with fractions. */
export function sharedNow(): number {
  return performance.timeOrigin + performance.now();
}
