import { describe, expect, test } from "bun:test";
import { systemClock } from "#adapters/system/system-clock.ts";
import { Cancelled } from "#core/faults.ts";
import { HostConfiguration } from "#protocol/engine-host.ts";
import { RecordingEarListener, WAKE_PHRASE } from "#testing/hearing-contract.ts";
import { EngineHost, type HostState } from "./engine-host.ts";
import { isAlive, pushAll, startToyHost, TOY_COMMAND, thenWait } from "./fixtures/start-toy-host.ts";
import { hanging, loud, marker, silence } from "./fixtures/toy-frames.ts";
import { hostProcess } from "./host-process.ts";
import { hostSpeechToText } from "./speech-to-text.ts";
import { hostTextToSpeech } from "./text-to-speech.ts";

/** What happens to calls and ears when the real child process behind them does not behave. */

const never = new AbortController().signal;

describe("a host that misbehaves", () => {
  test("killed in the middle of an utterance fails it as crashed; ears go on with the next process", async () => {
    const { host, hearing, seen, running, states } = startToyHost("hearing");
    await using _ = host;
    await seen("ready");
    const listener = new RecordingEarListener();
    const ear = hearing.open({ satelliteId: "den", phrases: [WAKE_PHRASE], listener, signal: never });
    const speaking = Promise.withResolvers<void>();
    const parts: string[] = [];

    const utterance = (async () => {
      const frames = thenWait([loud, loud]);
      for await (const part of hostSpeechToText(host).transcribe(frames, { signal: never })) {
        parts.push(part.text);
        if (part.text === "2") speaking.resolve();
      }
    })();
    const outcome = utterance.catch((error: unknown) => error);
    await speaking.promise;
    process.kill(running(), "SIGKILL");

    expect(await outcome).toMatchObject({ name: "EngineError", fault: "crashed", retryable: true });
    await seen("ready", 2);
    pushAll(ear, [silence, marker], 0);
    await listener.until(() => listener.wakes.length > 0);
    expect(parts).toEqual(["1", "2"]);
    expect(states.map(({ kind }) => kind)).toEqual(["starting", "ready", "restarting", "ready"]);
    expect(states[2]).toMatchObject({ reason: "signal SIGKILL" });
  });

  test("that hangs in a native call is killed, and a new one takes over", async () => {
    const { host, hearing, seen, pids, states } = startToyHost("hearing", { pingEveryMs: 50 });
    await using _ = host;
    await seen("ready");
    const listener = new RecordingEarListener();
    const ear = hearing.open({ satelliteId: "den", phrases: [], listener, signal: never });

    pushAll(ear, [hanging], 0);
    await seen("ready", 2);
    pushAll(
      ear,
      Array.from({ length: 10 }, () => loud),
      320,
    );
    await listener.until(() => listener.voices.length > 0);

    expect(states[2]).toEqual({ kind: "restarting", attempt: 1, reason: "no answer to 5 pings" });
    expect(pids.map(isAlive)).toEqual([false, true]);
  });

  test("that ends while it loads is reported with its exit code and last words", async () => {
    const { host, seen, states, logged } = startToyHost("hearing", { toy: { crash: "yes" } });
    await using _ = host;

    await seen("restarting");

    expect(states[1]).toEqual({ kind: "restarting", attempt: 1, reason: "exit code 3" });
    expect(logged[0]).toMatchObject({
      message: "the engine host ended",
      fields: { stderrLines: 2, lastStderrLine: "a native library says why" },
    });
  });

  test("that aborts as native code does is reported with its signal", async () => {
    const { host, seen, states } = startToyHost("hearing", { toy: { abort: "yes" } });
    await using _ = host;

    await seen("restarting");

    expect(states[1]).toMatchObject({ reason: "signal SIGABRT" });
  });

  test("that lacks an engine serves with the rest and says what is missing", async () => {
    const { host, seen, logged } = startToyHost("speech", { toy: { missing: "yes" } });
    await using _ = host;

    await seen("ready");

    expect(host.engines?.problems).toEqual(["toy-big: no model at that place"]);
    expect(logged.map(({ message }) => message)).toContain("an engine did not load");
  });

  test("whose output is no protocol is killed", async () => {
    const states: HostState[] = [];
    const crashed = Promise.withResolvers<void>();
    const quiet = () => undefined;
    const host = EngineHost.start({
      configuration: HostConfiguration.parse({ role: "hearing", cacheDir: "/tmp" }),
      spawn: hostProcess(["/bin/sh", "-c", "echo this is no protocol; cat"]),
      clock: systemClock,
      log: { debug: quiet, info: quiet, warn: quiet, error: quiet },
      onState(state) {
        states.push(state);
        if (state.kind === "restarting") crashed.resolve();
      },
    });
    await using _ = host;

    await crashed.promise;

    expect(states[1]).toMatchObject({ reason: expect.stringContaining("it sent nonsense") });
  });
});

describe("the end of a host", () => {
  test("leaves no process behind, and calls under way fail as unavailable", async () => {
    const { host, seen, pids } = startToyHost("hearing");
    await seen("ready");
    const stt = hostSpeechToText(host);
    const outcome = Array.fromAsync(stt.transcribe(thenWait([loud]), { signal: never })).catch(
      (error: unknown) => error,
    );

    await host[Symbol.asyncDispose]();

    expect(await outcome).toMatchObject({ fault: "unavailable" });
    expect(pids.map(isAlive)).toEqual([false]);
  });

  test("comes to a child that is hung within two seconds", async () => {
    const { host, hearing, seen, pids } = startToyHost("hearing");
    await seen("ready");
    const listener = new RecordingEarListener();
    const ear = hearing.open({ satelliteId: "den", phrases: [], listener, signal: never });
    pushAll(ear, [hanging], 0);
    const startedAt = systemClock.now();

    await host[Symbol.asyncDispose]();

    expect(systemClock.now() - startedAt).toBeLessThan(2000);
    expect(pids.map(isAlive)).toEqual([false]);
  });

  test("comes by itself when the hub is gone", async () => {
    const child = Bun.spawn(TOY_COMMAND, { stdin: "pipe", stdout: "pipe", stderr: "ignore" });

    await child.stdin.end();

    expect(await child.exited).toBe(0);
  });

  test("is an error when the hub sends nonsense", async () => {
    const child = Bun.spawn(TOY_COMMAND, { stdin: "pipe", stdout: "pipe", stderr: "ignore" });

    child.stdin.write(new Uint8Array(64).fill(255));
    await child.stdin.flush();

    expect(await child.exited).toBe(1);
  });

  test("an aborted speech is stopped in the host as well", async () => {
    const { host, seen } = startToyHost("speech");
    await using _ = host;
    await seen("ready");
    const controller = new AbortController();
    const speech = hostTextToSpeech(host).speak("x".repeat(500), { signal: controller.signal });

    const outcome = (async () => {
      for await (const _chunk of speech) controller.abort(new Cancelled("barge-in"));
    })().catch((error: unknown) => error);

    expect(await outcome).toEqual(new Cancelled("barge-in"));
    const child = await host.ready("test", never);
    expect(child.openCalls).toBe(0);
  });
});
