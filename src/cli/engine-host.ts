import { serveOverStdio } from "#adapters/engine-host/serve-stdio.ts";
import { systemClock } from "#adapters/system/system-clock.ts";
import type { Command } from "./command.ts";
import { loadEngines } from "./engine-host-engines.ts";

/** `hearth engine-host`: the process that holds every native speech engine. The hub starts it. */
export const command: Command = {
  summary: "run the speech engines for a hub (started by the hub itself)",
  usage: `hearth engine-host

Runs the native speech engines and speaks a binary protocol with the hub on stdin and stdout. The hub starts and
supervises it; there is no reason to run it by hand. It ends when stdin closes.`,
  async run(argv) {
    if (argv.length > 0) {
      console.error("hearth engine-host takes no arguments: the hub tells it everything over stdin.");
      return 2;
    }
    if (process.stdin.isTTY) {
      console.error("hearth engine-host is started by the hub; there is nothing to type here.");
      return 2;
    }
    await serveOverStdio(loadEngines, systemClock);
    return 0;
  },
};
