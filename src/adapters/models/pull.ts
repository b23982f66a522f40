import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
} from "node:fs";
import { basename, join } from "node:path";
import { exclusiveLock } from "#adapters/system/exclusive-lock.ts";
import { Assembly, type OfferedFile } from "./assemble.ts";
import { Bzip2Error } from "./bunzip2.ts";
import type { ModelEntry } from "./catalogue.ts";
import { type DownloadDeps, download } from "./download.ts";
import { diskError, ModelError } from "./model-error.ts";
import { archiveFiles, folderFiles } from "./offers.ts";
import { type ModelRecord, readRecord } from "./record.ts";
import { RepairError } from "./repair.ts";
import { TarError } from "./untar.ts";

/** How far a pull is. `bytes` rises to `total` within a stage. */
export interface PullProgress {
  readonly stage: "download" | "unpack";
  readonly bytes: number;
  /** Undefined where the server does not say. */
  readonly total: number | undefined;
}

/** How to pull. */
export interface PullOptions {
  /** The folder of all models; created if need be. */
  readonly root: string;
  /**
   * A folder or an archive to take the model from instead of its source: the release's archive, the model's folder,
   * or the folder one of them is in.
   */
  readonly from?: string | undefined;
  readonly signal: AbortSignal;
  readonly onProgress: (progress: PullProgress) => void;
}

/**
 * Install a model: fetch it, unpack it, check every file, repair what needs it, and put it in place at once.
 *
 * Resolves with the model's folder. A model that was installed before stays in use until the new one is whole. An
 * interrupted download goes on where it stopped when called again; a release that turns out wrong is removed.
 *
 * On abort it rejects with the signal's reason.
 *
 * @throws {ModelError} with a sentence for the owner.
 */
export async function pullModel(
  deps: DownloadDeps,
  entry: ModelEntry,
  options: PullOptions,
): Promise<string> {
  if (entry.source.kind === "bundled") {
    throw new ModelError(
      "unavailable",
      `${entry.id} is part of Hearth (${entry.source.note}). Nothing to pull.`,
    );
  }
  try {
    mkdirSync(options.root, { recursive: true });
    using lock = exclusiveLock(join(options.root, `.${entry.id}.lock`));
    if (!lock) {
      throw new ModelError("busy", `Another command is pulling ${entry.id} right now. Wait for it to end.`);
    }
    if (options.from !== undefined) return await importModel(entry, options.from, options);
    return await fetchModel(deps, entry, entry.source.url, options);
  } catch (error) {
    options.signal.throwIfAborted();
    throw diskError(error, options.root);
  }
}

async function fetchModel(
  deps: DownloadDeps,
  entry: ModelEntry,
  url: string,
  options: PullOptions,
): Promise<string> {
  const archive = join(options.root, `.${entry.id}.tar.bz2.part`);
  await download(deps, url, archive, {
    signal: options.signal,
    onProgress: (bytes, total) => options.onProgress({ stage: "download", bytes, total }),
  });
  try {
    const folder = await install(entry, archiveFiles(archive, unpacking(archive, options)), url, options);
    rmSync(archive, { force: true });
    return folder;
  } catch (error) {
    // A whole download that is wrong is of no use to the next attempt; one that was not unpacked yet is.
    if (error instanceof ModelError && error.fault === "refused") rmSync(archive, { force: true });
    throw error;
  }
}

async function importModel(entry: ModelEntry, from: string, options: PullOptions): Promise<string> {
  const release = entry.source.kind === "archive" ? basename(new URL(entry.source.url).pathname) : "";
  const places = [join(from, release), join(from, entry.folder), from];
  const place = places.find((candidate) => existsSync(candidate));
  if (place === undefined) {
    throw new ModelError(
      "unavailable",
      `${from} does not exist. Name a folder that holds ${release} or its files.`,
    );
  }
  if (!statSync(place).isDirectory()) {
    return await install(entry, archiveFiles(place, unpacking(place, options)), place, options);
  }
  return await install(entry, folderFiles(place), place, options, readRecord(place));
}

function unpacking(archive: string, options: PullOptions): (bytes: number) => void {
  const total = statSync(archive).size;
  return (bytes) => options.onProgress({ stage: "unpack", bytes, total });
}

/** Assemble beside the place, then change places. */
async function install(
  entry: ModelEntry,
  files: Iterable<OfferedFile>,
  source: string,
  options: PullOptions,
  known?: ModelRecord,
): Promise<string> {
  const prefix = `.${entry.id}-`;
  // Left behind by a command that was killed; the lock says that none is at work.
  for (const name of readdirSync(options.root)) {
    if (name.startsWith(prefix)) rmSync(join(options.root, name), { recursive: true, force: true });
  }
  const staging = mkdtempSync(join(options.root, prefix));
  try {
    chmodSync(staging, 0o755);
    const assembly = new Assembly(entry, staging, async () => {
      await Bun.sleep(0);
      options.signal.throwIfAborted();
    });
    for (const file of files) await assembly.offer(file);
    assembly.finish(source, known);
    return replace(staging, join(options.root, entry.folder));
  } catch (error) {
    if (error instanceof Bzip2Error || error instanceof TarError || error instanceof RepairError) {
      throw new ModelError("refused", `${source} is damaged: ${error.message}. Fetch it again.`, error);
    }
    throw error;
  } finally {
    rmSync(staging, { recursive: true, force: true });
  }
}

function replace(staging: string, folder: string): string {
  const old = `${staging}-old`;
  if (existsSync(folder)) renameSync(folder, old);
  renameSync(staging, folder);
  rmSync(old, { recursive: true, force: true });
  return folder;
}
