import { EngineError } from "#core/faults.ts";
import type { Clock } from "#ports/clock.ts";
import type { Log } from "#ports/log.ts";
import type { HostConfiguration, HostEngines, HostRole } from "#protocol/engine-host.ts";
import { CrashHistory } from "./crash-history.ts";
import { type ChildEnd, HostChild } from "./host-child.ts";
import type { HostProcess, SpawnHost } from "./host-process.ts";

/** What an engine host is doing. */
export type HostState =
  /** The first process loads its engines, or one that was idle is wanted again. */
  | { readonly kind: "starting" }
  | { readonly kind: "ready"; readonly engines: HostEngines }
  /** It ended unasked, or had grown too large; the next process is on its way. `attempt` counts from 1. */
  | { readonly kind: "restarting"; readonly attempt: number; readonly reason: string }
  /** It crashes again and again: callers fail at once, while it is still tried every 10 s. */
  | { readonly kind: "unavailable"; readonly reason: string }
  /** Nobody has needed it for a while; the next call starts it. */
  | { readonly kind: "idle" }
  | { readonly kind: "stopped" };

export interface EngineHostLimits {
  /** Longest loading of engines. Default 60 s: a Pi reads 300 MB of models from a slow card. */
  readonly readyMs: number;
  /** Default 2 s. */
  readonly pingEveryMs: number;
  /** Pings in a row that may go unanswered; default 5, so a hung host is killed after 10 to 12 s. */
  readonly missedPings: number;
  /** Resident memory over which the process is replaced as soon as no call is under way. Default 700 MB. */
  readonly maxRssBytes: number;
  /** End the process after this long without a call; undefined (the default) never. Not for hearing. */
  readonly idleStopMs: number | undefined;
}

const DEFAULT_LIMITS: EngineHostLimits = {
  readyMs: 60_000,
  pingEveryMs: 2000,
  missedPings: 5,
  maxRssBytes: 700 * 1024 * 1024,
  idleStopMs: undefined,
};

export interface EngineHostOptions {
  readonly configuration: HostConfiguration;
  /** Starts the child; see `hostProcess`. */
  readonly spawn: SpawnHost;
  readonly clock: Clock;
  readonly log: Log;
  /** Called on every change of state, and once with the first. Must not block. */
  readonly onState?: (state: HostState) => void;
  readonly limits?: Partial<EngineHostLimits>;
}

/** Someone who waits for a child. */
interface Waiter {
  readonly resolve: (child: HostChild) => void;
  readonly reject: (error: EngineError) => void;
}

/**
 * A supervised engine host process.
 *
 * It is restarted when it ends, hangs or grows too large. Ears come back by themselves (`onChild`); calls that were
 * under way fail, and new ones wait for the next process unless it crashes in a loop.
 */
export class EngineHost implements AsyncDisposable {
  readonly role: HostRole;
  readonly #options: EngineHostOptions;
  readonly #limits: EngineHostLimits;
  readonly #life = new AbortController();
  readonly #crashes = new CrashHistory();
  readonly #earHandlers = new Set<(child: HostChild) => void>();
  readonly #waiters = new Set<Waiter>();
  #state: HostState = { kind: "starting" };
  #child: HostChild | undefined;
  #ready: HostChild | undefined;
  #readyAt = 0;
  #neededAt = 0;
  #idleFor: PromiseWithResolvers<void> | undefined;
  #wish: "memory" | "idle" | undefined;
  #engines: HostEngines | undefined;
  #running: Promise<void> = Promise.resolve();

  private constructor(options: EngineHostOptions) {
    this.role = options.configuration.role;
    this.#options = options;
    this.#limits = { ...DEFAULT_LIMITS, ...options.limits };
  }

  /** Start the child and keep one running until disposed, which takes at most 2 s. */
  static start(options: EngineHostOptions): EngineHost {
    const host = new EngineHost(options);
    options.onState?.(host.#state);
    host.#running = host.#supervise();
    return host;
  }

  get state(): HostState {
    return this.#state;
  }

  /** What the last process that was ready could do; undefined until the first one is. */
  get engines(): HostEngines | undefined {
    return this.#engines;
  }

  /**
   * A child that is ready, for one call by `caller`.
   *
   * Starts an idle host and waits for one that is starting. Rejects with the signal's reason when it aborts.
   *
   * @throws {EngineError} `unavailable` at once when the host crashes in a loop or is stopped.
   */
  async ready(caller: string, signal: AbortSignal): Promise<HostChild> {
    signal.throwIfAborted();
    this.#neededAt = this.#options.clock.now();
    if (this.#ready) return this.#ready;
    const { state } = this;
    if (state.kind === "unavailable") throw new EngineError(caller, "unavailable", state.reason);
    if (this.#life.signal.aborted) throw new EngineError(caller, "unavailable", "the engine host is stopped");
    this.#idleFor?.resolve();
    const waiting = Promise.withResolvers<HostChild>();
    const waiter: Waiter = {
      resolve: waiting.resolve,
      reject: (error) =>
        waiting.reject(new EngineError(caller, error.fault, error.message, { cause: error })),
    };
    const onAbort = () => waiting.reject(signal.reason);
    signal.addEventListener("abort", onAbort, { once: true });
    this.#waiters.add(waiter);
    try {
      return await waiting.promise;
    } finally {
      this.#waiters.delete(waiter);
      signal.removeEventListener("abort", onAbort);
    }
  }

  /** Call `handler` with the child that is ready, if any, and with every later one, until `signal` aborts. */
  onChild(signal: AbortSignal, handler: (child: HostChild) => void): void {
    if (signal.aborted) return;
    this.#earHandlers.add(handler);
    signal.addEventListener("abort", () => this.#earHandlers.delete(handler), { once: true });
    if (this.#ready) handler(this.#ready);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#life.abort(new EngineError("engine host", "unavailable", "stopped"));
    this.#idleFor?.resolve();
    this.#child?.stop();
    await this.#running;
  }

  async #supervise(): Promise<void> {
    const { clock } = this.#options;
    const { signal } = this.#life;
    while (!signal.aborted) {
      const end = await this.#runChild();
      if (signal.aborted) break;
      if (end.kind === "crashed") {
        const delayMs = this.#noteCrash(end);
        // An abort ends the wait, and the loop then.
        await clock.sleep(delayMs, signal).catch(() => undefined);
      } else if (this.#wish === "idle") {
        await this.#waitUntilNeeded();
      } else {
        this.#become({ kind: "restarting", attempt: 1, reason: "memory" });
      }
    }
    this.#become({ kind: "stopped" });
    this.#refuse("the engine host is stopped");
  }

  async #runChild(): Promise<ChildEnd> {
    this.#wish = undefined;
    this.#readyAt = this.#options.clock.now();
    let process: HostProcess;
    try {
      process = this.#options.spawn();
    } catch (error) {
      const code = error instanceof Error && "code" in error ? String(error.code) : "unknown error";
      return { kind: "crashed", reason: `it cannot be started: ${code}`, process: undefined };
    }
    const child = new HostChild({
      process,
      configuration: this.#options.configuration,
      clock: this.#options.clock,
      ...this.#limits,
      onReady: (engines) => this.#onReady(child, engines),
      onAlive: (rssBytes) => this.#onAlive(child, rssBytes),
    });
    this.#child = child;
    const end = await child.run();
    this.#child = undefined;
    this.#ready = undefined;
    return end;
  }

  #onReady(child: HostChild, engines: HostEngines): void {
    if (this.#wish || this.#life.signal.aborted) return;
    const now = this.#options.clock.now();
    this.#ready = child;
    this.#readyAt = now;
    this.#neededAt = now;
    this.#engines = engines;
    this.#become({ kind: "ready", engines });
    for (const problem of engines.problems)
      this.#options.log.warn("an engine did not load", { role: this.role, reason: problem });
    for (const handler of [...this.#earHandlers]) handler(child);
    for (const waiter of [...this.#waiters]) waiter.resolve(child);
    this.#waiters.clear();
  }

  #onAlive(child: HostChild, rssBytes: number): void {
    const { maxRssBytes, idleStopMs } = this.#limits;
    const now = this.#options.clock.now();
    if (child !== this.#ready) return;
    if (child.openCalls > 0) {
      this.#neededAt = now;
      return;
    }
    if (rssBytes > maxRssBytes) this.#wish = "memory";
    else if (idleStopMs !== undefined && now - this.#neededAt >= idleStopMs) this.#wish = "idle";
    else return;
    this.#options.log.info("ending the engine host", { role: this.role, why: this.#wish, rssBytes });
    // From here on calls wait for the next one.
    this.#ready = undefined;
    child.stop();
  }

  /** Publish what a crash leads to; returns how long to wait, in ms. */
  #noteCrash(end: Extract<ChildEnd, { kind: "crashed" }>): number {
    const now = this.#options.clock.now();
    const wasReady = this.#state.kind === "ready";
    const next = this.#crashes.crashed(now, wasReady ? now - this.#readyAt : 0);
    this.#options.log.warn("the engine host ended", {
      role: this.role,
      reason: end.reason,
      attempt: next.attempt,
      delayMs: next.delayMs,
      stderrLines: end.process?.stderrLines,
      lastStderrLine: end.process?.lastStderrLine,
    });
    if (next.looping) {
      this.#become({ kind: "unavailable", reason: `the engine host keeps ending: ${end.reason}` });
      this.#refuse(`the engine host keeps ending: ${end.reason}`);
    } else {
      this.#become({ kind: "restarting", attempt: next.attempt, reason: end.reason });
    }
    return next.delayMs;
  }

  async #waitUntilNeeded(): Promise<void> {
    // Someone may have called while the process was ending.
    if (this.#waiters.size === 0) {
      this.#idleFor = Promise.withResolvers();
      this.#become({ kind: "idle" });
      await this.#idleFor.promise;
      this.#idleFor = undefined;
    }
    if (!this.#life.signal.aborted) this.#become({ kind: "starting" });
  }

  #refuse(reason: string): void {
    for (const waiter of [...this.#waiters])
      waiter.reject(new EngineError("engine host", "unavailable", reason));
    this.#waiters.clear();
  }

  #become(state: HostState): void {
    this.#state = state;
    this.#options.onState?.(state);
  }
}
