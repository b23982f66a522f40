import { parseSimulatorArguments, SIMULATOR_USAGE, type SimulatorArguments } from "./arguments.ts";
import type { Terminal } from "./panel-loop.ts";
import { runSimulator } from "./run.ts";
import { realClock } from "./sim-clock.ts";
import { type Speak, systemSpeak } from "./sources.ts";

/**
 * The simulator as a process: arguments in, exit code out, Ctrl-C ends it orderly.
 *
 * `speak` replaces the machine's speech programs.
 */
export async function simulatorProcess(argv: readonly string[], speak?: Speak): Promise<number> {
  if (argv.includes("--help")) {
    process.stdout.write(SIMULATOR_USAGE);
    return 0;
  }
  let args: SimulatorArguments;
  try {
    args = parseSimulatorArguments(argv);
  } catch (cause) {
    process.stderr.write(
      `${cause instanceof Error ? cause.message : "wrong arguments"}\n\n${SIMULATOR_USAGE}`,
    );
    return 2;
  }
  const { HEARTH_SATELLITE_TOKEN } = process.env;
  const stopped = new AbortController();
  const stop = () => stopped.abort(new Error("stopped"));
  process.once("SIGINT", stop);
  process.once("SIGTERM", stop);
  try {
    return await runSimulator(
      { ...args, token: args.token ?? HEARTH_SATELLITE_TOKEN },
      {
        clock: realClock,
        signal: stopped.signal,
        speak: speak ?? systemSpeak(),
        terminal: args.stdin || !process.stdout.isTTY || !process.stdin.isTTY ? undefined : terminal(),
        stdin: () => Bun.stdin.stream(),
        print: (line) => void process.stdout.write(`${line}\n`),
        note: (line) => void process.stderr.write(`${line}\n`),
      },
    );
  } finally {
    process.off("SIGINT", stop);
    process.off("SIGTERM", stop);
  }
}

/** This process's terminal. Colours are left out where NO_COLOR asks for it (no-color.org). */
function terminal(): Terminal {
  const { NO_COLOR } = process.env;
  return {
    colour: !NO_COLOR,
    write: (text) => void process.stdout.write(text),
    async *keys(signal) {
      process.stdin.setRawMode(true);
      process.stdin.setEncoding("utf8");
      const end = () => process.stdin.destroy();
      signal.addEventListener("abort", end, { once: true });
      try {
        for await (const input of process.stdin) yield String(input);
      } catch (cause) {
        if (!signal.aborted) throw cause;
      } finally {
        signal.removeEventListener("abort", end);
        process.stdin.setRawMode(false);
      }
    },
  };
}
