import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { sharedModels } from "#adapters/models/shared-dir.ts";
import type { DataDir } from "#adapters/system/data-dir.ts";
import { stderrLog } from "#adapters/system/json-log.ts";
import { systemClock } from "#adapters/system/system-clock.ts";
import { loadConfig } from "#config/load.ts";
import type { Config } from "#config/schema.ts";
import { type Hub, startHub } from "#hub.ts";
import type { Log } from "#ports/log.ts";
import { VERSION } from "./version.ts";

/** Whether this is the compiled executable: its sources then live in a file system of their own. */
function isCompiled(): boolean {
  return import.meta.path.startsWith("/$bunfs/") || import.meta.path.startsWith("B:/~BUN/");
}

/** The command that starts this very program again, from source or compiled. */
function selfCommand(...args: readonly string[]): readonly string[] {
  return isCompiled() ? [process.execPath, ...args] : [process.execPath, Bun.main, ...args];
}

/** The folder of the checkout this runs from; compiled, the working directory. */
export function checkoutFolder(): string {
  return isCompiled() ? process.cwd() : join(import.meta.dir, "..", "..");
}

/** The configuration for a data directory, or every problem with it. */
export function readConfig(
  dataDir: string,
  file: string | undefined,
  env: Readonly<Record<string, string | undefined>> = process.env,
): ReturnType<typeof loadConfig> {
  return loadConfig({
    file,
    dataDir,
    env,
    readFile: (path) => (existsSync(path) ? readFileSync(path, "utf8") : undefined),
  });
}

/** Start a hub in this process. */
export async function startHubHere(options: {
  readonly config: Config;
  readonly dataDir: DataDir;
  readonly log?: Log;
  /** A folder of models to look in besides the data directory's own; default the one beside a checkout. */
  readonly models?: string | undefined;
}): Promise<Hub> {
  return await startHub({
    config: options.config,
    dataDir: options.dataDir,
    version: VERSION,
    engineHostCommand: [...options.config.engines.host.run_with, ...selfCommand("engine-host")],
    env: process.env,
    sharedModels: options.models ?? sharedModels(),
    clock: systemClock,
    log: options.log ?? stderrLog(options.config.log.level),
  });
}

/** Resolves when somebody asks this process to end: SIGTERM, or Ctrl-C. A second time ends it at once. */
export function askedToEnd(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    for (const signal of ["SIGTERM", "SIGINT"] as const) {
      process.once(signal, () => {
        resolve(signal);
        process.once(signal, () => process.exit(130));
      });
    }
  });
}
