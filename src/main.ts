#!/usr/bin/env bun
import type { Command } from "#cli/command.ts";
import { VERSION } from "#cli/version.ts";

/** Every command, loaded only when it is called. */
const COMMANDS: Readonly<Record<string, () => Promise<{ readonly command: Command }>>> = {
  serve: () => import("#cli/serve.ts"),
  demo: () => import("#cli/demo.ts"),
  sim: () => import("#cli/sim.ts"),
  tail: () => import("#cli/tail.ts"),
  events: () => import("#cli/events.ts"),
  replay: () => import("#cli/replay.ts"),
  models: () => import("#cli/models.ts"),
  config: () => import("#cli/config.ts"),
  wake: () => import("#cli/wake.ts"),
  bench: () => import("#cli/bench.ts"),
  "engine-host": () => import("#cli/engine-host.ts"),
};

/** Commands other processes call; people need not see them. */
const INTERNAL: ReadonlySet<string> = new Set(["engine-host"]);

async function main(argv: readonly string[]): Promise<number> {
  const [name, ...rest] = argv;
  if (name === "--version" || name === "version") {
    console.log(`hearth ${VERSION}`);
    return 0;
  }
  if (name === undefined || name === "--help" || name === "-h" || name === "help") {
    console.log(await help());
    return name === undefined ? 2 : 0;
  }
  const load = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (!load) {
    console.error(`hearth: there is no command "${name}". "hearth help" lists them.`);
    return 2;
  }
  const { command } = await load();
  if (rest.includes("--help") || rest.includes("-h")) {
    console.log(command.usage);
    return 0;
  }
  return await command.run(rest);
}

async function help(): Promise<string> {
  const names = Object.keys(COMMANDS).filter((name) => !INTERNAL.has(name));
  const lines = await Promise.all(
    names.map(async (name) => `  ${name.padEnd(10)} ${(await COMMANDS[name]?.())?.command.summary ?? ""}`),
  );
  return ["hearth: a voice hub for the home", "", ...lines, "", 'Say "hearth COMMAND --help" for more.'].join(
    "\n",
  );
}

process.exitCode = await main(process.argv.slice(2));
