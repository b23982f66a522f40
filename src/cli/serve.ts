import { parseArgs } from "node:util";
import { DataDirError, defaultDataDir, openDataDir } from "#adapters/system/data-dir.ts";
import { stderrLog } from "#adapters/system/json-log.ts";
import type { Hub } from "#hub.ts";
import { ListenError } from "#web/server.ts";
import type { Command } from "./command.ts";
import { askedToEnd, readConfig, startHubHere } from "./hub-process.ts";

// A drain that takes longer than this is cut: the service manager's own patience ends soon after.
const DRAIN_MS = 5000;

/** Run the hub until SIGTERM or Ctrl-C. */
export const command: Command = {
  summary: "run the hub",
  usage: `hearth serve [--data DIR] [--config FILE] [--host ADDRESS] [--port N] [--json]

Runs the hub until SIGTERM or Ctrl-C.

  --data DIR      where everything is kept (default: HEARTH_DATA, else ~/.local/share/hearth)
  --config FILE   the configuration (default: HEARTH_CONFIG, else hearth.yaml in the data directory)
  --host ADDRESS  listen there instead of server.host
  --port N        listen there instead of server.port; 0 takes any free port
  --json          print one line of JSON once it listens: {"ready":true,"http":…,"satellite":…,"events":…}`,
  async run(argv) {
    const options = parsed(argv);
    if (typeof options === "string") {
      console.error(`hearth serve: ${options}\n\n${command.usage}`);
      return 2;
    }
    const dataPath = options.data ?? defaultDataDir(process.env);
    const env = {
      ...process.env,
      ...(options.port === undefined ? {} : { HEARTH_SERVER_PORT: options.port }),
      ...(options.host === undefined ? {} : { HEARTH_SERVER_HOST: options.host }),
    };
    const loaded = readConfig(dataPath, options.config, env);
    if (!loaded.ok) {
      for (const problem of loaded.problems) console.error(`hearth serve: ${problem}`);
      return 2;
    }
    const log = stderrLog(loaded.config.log.level);
    for (const warning of loaded.warnings) console.error(`hearth serve: ${warning}`);
    const ending = askedToEnd();
    try {
      await using dataDir = await openDataDir(dataPath);
      const hub = await startHubHere({ config: loaded.config, dataDir, log });
      announce(hub, options.json);
      await ending;
      log.info("stopping");
      await drained(hub);
      return 0;
    } catch (error) {
      if (!(error instanceof DataDirError || error instanceof ListenError)) throw error;
      console.error(`hearth serve: ${error.message}`);
      return 1;
    }
  },
};

interface ServeOptions {
  readonly data: string | undefined;
  readonly config: string | undefined;
  readonly host: string | undefined;
  readonly port: string | undefined;
  readonly json: boolean;
}

function parsed(argv: readonly string[]): ServeOptions | string {
  try {
    const { values } = parseArgs({
      args: [...argv],
      options: {
        data: { type: "string" },
        config: { type: "string" },
        host: { type: "string" },
        port: { type: "string" },
        json: { type: "boolean" },
      },
    });
    const { data, config, host, port, json } = values;
    return { data, config, host, port, json: json ?? false };
  } catch (error) {
    return error instanceof Error ? error.message : "these arguments are not understood";
  }
}

function announce(hub: Hub, json: boolean): void {
  if (json) {
    const { httpUrl, satelliteUrl, eventsUrl } = hub;
    console.log(JSON.stringify({ ready: true, http: httpUrl, satellite: satelliteUrl, events: eventsUrl }));
    return;
  }
  console.log(`Hearth listens at ${hub.httpUrl}. Satellites connect to ${hub.satelliteUrl}.`);
}

/** Stop every part; what takes too long is left to the end of the process. */
async function drained(hub: Hub): Promise<void> {
  const late = Promise.withResolvers<void>();
  const timer = setTimeout(late.resolve, DRAIN_MS);
  await Promise.race([hub[Symbol.asyncDispose](), late.promise]);
  clearTimeout(timer);
}
