import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { catalogue, DEFAULT_MODEL, type ModelEntry, modelById } from "#adapters/models/catalogue.ts";
import { ModelError } from "#adapters/models/model-error.ts";
import { pullModel } from "#adapters/models/pull.ts";
import { findModels, type ModelStatus, modelRoots } from "#adapters/models/resolve.ts";
import { sharedModels } from "#adapters/models/shared-dir.ts";
import { defaultDataDir } from "#adapters/system/data-dir.ts";
import { systemClock } from "#adapters/system/system-clock.ts";
import { closest } from "#config/suggest.ts";
import type { Command } from "./command.ts";
import { megabytes, pullDisplay } from "./pull-display.ts";

/** List, fetch, check and remove models. */
export const command: Command = {
  summary: "list, fetch, check and remove speech models",
  usage: `hearth models ls|pull|verify|rm [MODEL…] [--from PATH] [--data DIR] [--json]

  ls          every model, and whether it is installed
  pull        fetch models (default: ${DEFAULT_MODEL}); goes on where an earlier pull stopped
  verify      read installed models whole and compare them with their hashes
  rm          remove models

  --from PATH  take the model from a folder or a release's archive instead of the network
  --data DIR   the data directory (default: HEARTH_DATA, else ~/.local/share/hearth)
  --json       answer in JSON

Models are in HEARTH_MODELS, else in "models" in the data directory.`,
  async run(argv) {
    const called = parsed(argv);
    if (typeof called === "string") {
      console.error(`hearth models: ${called}\n\n${command.usage}`);
      return 2;
    }
    switch (called.action) {
      case "ls":
        return list(called);
      case "pull":
        return await pull(called);
      case "verify":
        return verify(called);
      case "rm":
        return remove(called);
    }
  },
};

const ACTIONS = ["ls", "pull", "verify", "rm"] as const;

interface Called {
  readonly action: (typeof ACTIONS)[number];
  readonly entries: readonly ModelEntry[];
  readonly from: string | undefined;
  readonly dataDir: string;
  readonly json: boolean;
}

function parsed(argv: readonly string[]): Called | string {
  try {
    const { values, positionals } = parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: { from: { type: "string" }, data: { type: "string" }, json: { type: "boolean" } },
    });
    const [name, ...ids] = positionals;
    const action = ACTIONS.find((known) => known === name);
    if (!action) return name === undefined ? "Say what to do." : `There is no "${name}".`;
    if (action === "rm" && ids.length === 0) return "Say which models to remove.";
    if (action !== "pull" && values.from !== undefined) return "--from goes with pull.";
    const wanted = action === "pull" && ids.length === 0 ? [DEFAULT_MODEL] : ids;
    const unknown = wanted.find((id) => !modelById(id));
    if (unknown !== undefined) return unknownModel(unknown);
    return {
      action,
      entries: catalogue.filter((entry) => wanted.includes(entry.id)),
      from: values.from,
      dataDir: values.data ?? defaultDataDir(process.env),
      json: values.json ?? false,
    };
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function unknownModel(id: string): string {
  const ids = catalogue.map((entry) => entry.id);
  const near = closest(id, ids);
  return `There is no model "${id}". ${near ? `Did you mean "${near}"?` : `There are: ${ids.join(", ")}.`}`;
}

/** The models the command is about; all where none is named. */
function chosen(called: Called, rehash: boolean): ModelStatus[] {
  const all = findModels({
    env: process.env,
    dataDir: called.dataDir,
    sharedDir: sharedModels(),
    rehash,
  });
  return all.filter((model) => called.entries.length === 0 || called.entries.includes(model.entry));
}

function list(called: Called): number {
  const models = chosen(called, false);
  if (called.json) {
    console.log(JSON.stringify(models.map(described), null, 2));
    return 0;
  }
  for (const { kind, entry, ...more } of models) {
    const size = entry.downloadBytes === 0 ? "" : `, ${megabytes(entry.downloadBytes)} to fetch`;
    console.log(`${entry.id}: ${kind}`);
    console.log(`    ${entry.name}; ${entry.roles.join(" and ")}; ${entry.licence}${size}`);
    console.log(
      `    ${entry.verified ?? "Not verified: nobody has tried it yet; its hashes are recorded when it is fetched."}`,
    );
    if ("reason" in more) console.log(`    ${more.reason}`);
    else if ("folder" in more) console.log(`    ${more.folder}`);
  }
  return 0;
}

function verify(called: Called): number {
  const named = called.entries.length > 0;
  const models = chosen(called, true).filter((model) => named || model.kind !== "missing");
  const bad = models.filter((model) => model.kind === "refused" || model.kind === "missing");
  if (called.json) console.log(JSON.stringify(models.map(described), null, 2));
  else {
    for (const model of models) {
      console.log(`${model.entry.id}: ${"reason" in model ? model.reason : "every file is right."}`);
    }
  }
  return bad.length === 0 ? 0 : 1;
}

function described(model: ModelStatus): unknown {
  const { entry, ...status } = model;
  const { id, name, roles, languages, licence, downloadBytes, source, verified } = entry;
  return {
    id,
    name,
    roles,
    languages,
    licence,
    downloadBytes,
    source,
    verified: verified ?? null,
    ...status,
  };
}

function ownRoot(called: Called): string {
  const [root] = modelRoots({ env: process.env, dataDir: called.dataDir });
  return root ?? join(called.dataDir, "models");
}

async function pull(called: Called): Promise<number> {
  const stop = new AbortController();
  const onInterrupt = () => stop.abort(new Error("interrupted"));
  process.once("SIGINT", onInterrupt);
  try {
    for (const entry of called.entries) {
      const display = pullDisplay(entry.id, { json: called.json, terminal: process.stderr.isTTY });
      try {
        const folder = await pullModel({ fetch, clock: systemClock }, entry, {
          root: ownRoot(called),
          from: called.from,
          signal: stop.signal,
          onProgress: display.show,
        });
        display.end();
        if (called.json) console.log(JSON.stringify({ id: entry.id, folder }));
        else console.log(`${entry.id} is installed in ${folder}.`);
        if (!entry.verified && !called.json)
          console.log("Nobody has tried it yet; its hashes were recorded as it came.");
      } finally {
        display.end();
      }
    }
    return 0;
  } catch (error) {
    if (stop.signal.aborted) console.error("Stopped. The same command goes on from here.");
    else if (error instanceof ModelError) console.error(error.message);
    else throw error;
    return 1;
  } finally {
    process.off("SIGINT", onInterrupt);
  }
}

function remove(called: Called): number {
  const outcomes = called.entries.map((entry) => {
    const folder = join(ownRoot(called), entry.folder);
    const removed = entry.source.kind === "archive" && existsSync(folder);
    if (removed) rmSync(folder, { recursive: true });
    return { id: entry.id, removed };
  });
  if (called.json) console.log(JSON.stringify(outcomes));
  else
    for (const { id, removed } of outcomes)
      console.log(`${id}: ${removed ? "removed." : "was not installed."}`);
  return outcomes.every(({ removed }) => removed) ? 0 : 1;
}
