import { describe, expect, test } from "bun:test";
import { Cancelled } from "#core/faults.ts";
import type { Log, LogFields } from "#ports/log.ts";
import { HostConfiguration } from "#protocol/engine-host.ts";
import { FakeClock } from "#testing/fake-clock.ts";
import { EngineHost, type EngineHostLimits, type HostState } from "./engine-host.ts";
import type { LoadEngines } from "./engines.ts";
import { loadToyEngines } from "./fixtures/toy-engines.ts";
import { ToyProcess } from "./fixtures/toy-process.ts";

const hearing = HostConfiguration.parse({ role: "hearing", cacheDir: "/tmp" });
const speech = HostConfiguration.parse({ role: "speech", cacheDir: "/tmp" });
const never = new AbortController().signal;

/** A host whose processes run inside the test, on a clock that the test moves. */
function startHost(
  options: {
    configuration?: HostConfiguration;
    limits?: Partial<EngineHostLimits>;
    loadEngines?: LoadEngines;
  } = {},
) {
  const clock = new FakeClock();
  const processes: ToyProcess[] = [];
  const states: HostState[] = [];
  const logged: [string, LogFields | undefined][] = [];
  const waiting: { readonly met: (state: HostState) => boolean; readonly resolve: () => void }[] = [];
  const note = (message: string, fields?: LogFields) => void logged.push([message, fields]);
  const log: Log = { debug: note, info: note, warn: note, error: note };
  const host = EngineHost.start({
    configuration: options.configuration ?? hearing,
    spawn() {
      const process = new ToyProcess(options.loadEngines ?? loadToyEngines);
      processes.push(process);
      return process;
    },
    clock,
    log,
    onState(state) {
      states.push(state);
      for (const { met, resolve } of waiting) if (met(state)) resolve();
    },
    limits: options.limits ?? {},
  });
  /** Resolves when the host is, or becomes, `kind`. */
  const becomes = (kind: HostState["kind"]) =>
    new Promise<void>((resolve) => {
      if (host.state.kind === kind) resolve();
      else waiting.push({ met: (state) => state.kind === kind, resolve });
    });
  /** The process that runs now. */
  const running = () => {
    const process = processes.at(-1);
    if (!process) throw new Error("nothing was started");
    return process;
  };
  return { host, clock, processes, states, logged, becomes, running };
}

/** Let pipes and pings that are under way arrive: three turns of the event loop. */
async function settle(clock: FakeClock): Promise<void> {
  for (let i = 0; i < 3; i++) {
    await clock.settle();
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** Let `ms` pass in steps of one ping, each with its answer. */
async function pass(clock: FakeClock, ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += 2000) {
    await clock.advance(Math.min(2000, ms - passed));
    await settle(clock);
  }
}

describe("an engine host", () => {
  test("is starting, then ready with what it has loaded", async () => {
    const { host, states, becomes } = startHost();
    await using _ = host;

    await becomes("ready");

    expect(states.map(({ kind }) => kind)).toEqual(["starting", "ready"]);
    expect(host.engines).toMatchObject({ vad: "toy-vad", wake: "toy-wake", stt: ["toy-stt"] });
  });

  test("that crashes comes back after 200 ms", async () => {
    const { host, clock, states, processes, becomes, running } = startHost();
    await using _ = host;
    await becomes("ready");

    running().die("signal SIGSEGV");
    await becomes("restarting");
    await settle(clock);
    await clock.advance(199);
    const before = processes.length;
    await clock.advance(1);
    await becomes("ready");

    expect([before, processes.length]).toEqual([1, 2]);
    expect(states.at(-2)).toEqual({ kind: "restarting", attempt: 1, reason: "signal SIGSEGV" });
  });

  test("that keeps crashing makes callers fail at once, and recovers by itself", async () => {
    const { host, clock, becomes, running, processes } = startHost();
    await using _ = host;
    for (const delayMs of [200, 400, 800, 1600]) {
      await becomes("ready");
      running().die("signal SIGABRT");
      await becomes("restarting");
      await settle(clock);
      await clock.advance(delayMs);
    }
    await becomes("ready");
    running().die("signal SIGABRT");
    await becomes("unavailable");

    const call = host.ready("sherpa", never);

    await expect(call).rejects.toMatchObject({ engine: "sherpa", fault: "unavailable" });
    await settle(clock);
    await clock.advance(10_000);
    await becomes("ready");
    expect(processes).toHaveLength(6);
  });

  test("that is not ready in time is killed", async () => {
    const { host, clock, becomes, running, states } = startHost({
      limits: { readyMs: 5000 },
      loadEngines: () => new Promise<never>(() => undefined),
    });
    await using _ = host;

    await clock.advance(4999);
    const early = [...running().kills];
    await clock.advance(1);
    await becomes("restarting");

    expect(early).toEqual([]);
    expect(states.at(-1)).toEqual({ kind: "restarting", attempt: 1, reason: "not ready within 5000 ms" });
  });

  test("that answers no ping for ten seconds is killed and replaced", async () => {
    const { host, clock, running, becomes, states } = startHost();
    await using _ = host;
    await becomes("ready");
    const first = running();

    first.hung = true;
    await pass(clock, 10_000);
    const early = [...first.kills];
    await pass(clock, 2000);
    await becomes("restarting");

    expect(early).toEqual([]);
    expect(first.kills).toContain("SIGKILL");
    expect(states.at(-1)).toEqual({ kind: "restarting", attempt: 1, reason: "no answer to 5 pings" });
  });

  test("that answers stays, however long", async () => {
    const { host, clock, processes, becomes } = startHost();
    await using _ = host;
    await becomes("ready");

    await pass(clock, 120_000);

    expect([host.state.kind, processes.length]).toEqual(["ready", 1]);
  });

  test("that has grown too large is replaced once no call is under way", async () => {
    const { host, clock, becomes, running, processes } = startHost({ limits: { maxRssBytes: 2e6 } });
    await using _ = host;
    await becomes("ready");
    const child = await host.ready("sherpa", never);
    const call = child.open("call", { receive: () => undefined, lost: () => undefined });

    running().rssBytes = 3e6;
    await pass(clock, 6000);
    const during = processes.length;
    call.close();
    await pass(clock, 2000);
    await becomes("ready");

    expect([during, processes.length]).toEqual([1, 2]);
  });

  test("for speech ends when idle and starts again at the next call", async () => {
    const { host, clock, becomes, processes } = startHost({
      configuration: speech,
      limits: { idleStopMs: 60_000 },
    });
    await using _ = host;
    await becomes("ready");

    await pass(clock, 58_000);
    const early = host.state.kind;
    await pass(clock, 4000);
    await becomes("idle");
    await host.ready("espeak", never);

    expect([early, host.state.kind, processes.length]).toEqual(["ready", "ready", 2]);
  });

  test("lets a caller that gives up go with its own reason", async () => {
    const { host, becomes, running, clock } = startHost();
    await using _ = host;
    await becomes("ready");
    running().die("exit code 1");
    await becomes("restarting");
    const controller = new AbortController();
    const cancelled = new Cancelled("barge-in");

    const call = host.ready("sherpa", controller.signal).catch((error: unknown) => error);
    await settle(clock);
    controller.abort(cancelled);

    expect(await call).toBe(cancelled);
  });

  test("that cannot be started at all is tried again, and says why", async () => {
    const states: HostState[] = [];
    const clock = new FakeClock();
    const quiet = () => undefined;
    const host = EngineHost.start({
      configuration: hearing,
      spawn() {
        throw Object.assign(new Error("no such file"), { code: "ENOENT" });
      },
      clock,
      log: { debug: quiet, info: quiet, warn: quiet, error: quiet },
      onState: (state) => void states.push(state),
    });
    await clock.advance(200 + 400 + 800 + 1600);
    await host[Symbol.asyncDispose]();

    expect(states.at(1)).toEqual({
      kind: "restarting",
      attempt: 1,
      reason: "it cannot be started: ENOENT",
    });
    expect(states.slice(-2).map(({ kind }) => kind)).toEqual(["unavailable", "stopped"]);
  });

  test("that is stopped leaves no timer behind and refuses further calls", async () => {
    const { host, clock, becomes } = startHost();
    await becomes("ready");

    await host[Symbol.asyncDispose]();

    expect([host.state.kind, clock.sleeping]).toEqual(["stopped", 0]);
    await expect(host.ready("sherpa", never)).rejects.toMatchObject({ fault: "unavailable" });
  });

  test("that ignores the request to end is killed after a second and a half", async () => {
    const { host, clock, becomes, running } = startHost();
    await becomes("ready");
    running().hung = true;

    const stopping = host[Symbol.asyncDispose]();
    await clock.advance(1499);
    const asked = [...running().kills];
    await clock.advance(1);
    await stopping;

    expect([asked, running().kills]).toEqual([["SIGTERM"], ["SIGTERM", "SIGKILL"]]);
  });

  test("stopped while it waits to restart stops at once", async () => {
    const { host, clock, becomes, running, processes } = startHost();
    await becomes("ready");
    running().die("exit code 1");
    await becomes("restarting");

    await host[Symbol.asyncDispose]();

    expect([host.state.kind, processes.length, clock.sleeping]).toEqual(["stopped", 1, 0]);
  });
});
