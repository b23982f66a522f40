import { SIMULATOR_USAGE } from "#sim/arguments.ts";
import { simulatorProcess } from "#sim/simulator-process.ts";
import type { Command } from "./command.ts";

/** `hearth sim`: a satellite without hardware. */
export const command: Command = {
  summary: "a satellite without hardware, for trying and testing",
  usage: SIMULATOR_USAGE,
  run: (argv) => simulatorProcess(argv),
};
