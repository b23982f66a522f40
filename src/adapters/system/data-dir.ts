import { closeSync, fsyncSync, openSync, readFileSync, rmSync, writeFileSync, writeSync } from "node:fs";
import { chmod, mkdir, stat } from "node:fs/promises";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { exclusiveLock } from "./exclusive-lock.ts";

/** Why a data directory cannot be used. */
export type DataDirFault = "in-use" | "read-only" | "full" | "forbidden" | "not-a-directory" | "broken";

/** The data directory cannot be used. The message is a sentence for the owner that says what to do. */
export class DataDirError extends Error {
  override readonly name = "DataDirError";
  readonly fault: DataDirFault;

  constructor(fault: DataDirFault, message: string, cause?: unknown) {
    super(message, cause === undefined ? {} : { cause });
    this.fault = fault;
  }
}

/** The directory everything a hub keeps is in, held for this process alone until disposed. */
export interface DataDir extends AsyncDisposable {
  /** Absolute. */
  readonly path: string;
  /** The path of something inside. */
  join(...names: readonly string[]): string;
}

/** Where data is when nobody says: `HEARTH_DATA`, else `~/.local/share/hearth`. Absolute. */
export function defaultDataDir(env: Readonly<Record<string, string | undefined>>): string {
  const { HEARTH_DATA: named, XDG_DATA_HOME: dataHome } = env;
  if (named) return resolve(named);
  return dataHome?.startsWith("/") ? join(dataHome, "hearth") : join(homedir(), ".local/share/hearth");
}

/**
 * Bytes written once to see that the disk takes any.
 *
 * More than a file system keeps in an inode, and what SQLite needs for a first page and its journal.
 */
const PROBE_BYTES = 64 * 1024;

/**
 * Create the directory if need be (mode 0700), lock it for this process and see that it can be written.
 *
 * The lock is on `hearth.lock` and ends with the process, however it ends. `hearth.pid` says who holds it; it means
 * nothing by itself.
 *
 * @throws {DataDirError} when another process holds it, or when it cannot be created, entered or written.
 */
export async function openDataDir(path: string): Promise<DataDir> {
  const root = resolve(path);
  await create(root);
  const lock = lockIn(root);
  try {
    probe(root);
    writeFileSync(join(root, "hearth.pid"), `${process.pid}\n`, { mode: 0o600 });
  } catch (cause) {
    lock[Symbol.dispose]();
    throw faultOf(cause, root);
  }
  return {
    path: root,
    join: (...names) => join(root, ...names),
    // The contract is asynchronous so that owners can wait for it among others.
    [Symbol.asyncDispose]: () => {
      rmSync(join(root, "hearth.pid"), { force: true });
      lock[Symbol.dispose]();
      return Promise.resolve();
    },
  };
}

async function create(root: string): Promise<void> {
  try {
    const made = await mkdir(root, { recursive: true, mode: 0o700 });
    // mkdir's mode is subject to the umask, which may only have taken rights away; an existing one is left alone.
    if (made !== undefined) await chmod(root, 0o700);
    if (!(await stat(root)).isDirectory()) throw Object.assign(new Error("file"), { code: "ENOTDIR" });
  } catch (cause) {
    throw faultOf(cause, root);
  }
}

function lockIn(root: string): Disposable {
  let lock: Disposable | undefined;
  try {
    lock = exclusiveLock(join(root, "hearth.lock"));
  } catch (cause) {
    throw faultOf(cause, root);
  }
  if (!lock) throw inUse(root);
  return lock;
}

function inUse(root: string): DataDirError {
  const pid = holder(root);
  const who = pid === undefined ? "Another Hearth" : `Another Hearth (process ${pid})`;
  const advice = "Stop that one, or give this one its own directory with --data or HEARTH_DATA.";
  return new DataDirError("in-use", `${who} is using the data directory ${root}. ${advice}`);
}

/** Who wrote the pid file, unless it was left behind by a process that is gone. */
function holder(root: string): number | undefined {
  try {
    const pid = Number.parseInt(readFileSync(join(root, "hearth.pid"), "utf8"), 10);
    process.kill(pid, 0);
    return pid;
  } catch (error) {
    // EPERM: it lives and belongs to somebody else.
    if (codeOf(error) !== "EPERM") return undefined;
    return Number.parseInt(readFileSync(join(root, "hearth.pid"), "utf8"), 10);
  }
}

function probe(root: string): void {
  const file = join(root, "hearth.probe");
  try {
    const handle = openSync(file, "w", 0o600);
    try {
      const written = writeSync(handle, new Uint8Array(PROBE_BYTES));
      // A write that is cut short is how a full disk first shows.
      if (written < PROBE_BYTES) throw Object.assign(new Error("short write"), { code: "ENOSPC" });
      fsyncSync(handle);
    } finally {
      closeSync(handle);
    }
  } finally {
    rmSync(file, { force: true });
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "";
}

/** Translate what the system says into what the owner can do. */
function faultOf(cause: unknown, root: string): DataDirError {
  const code = codeOf(cause);
  switch (code) {
    case "EROFS":
    case "SQLITE_READONLY":
      return new DataDirError(
        "read-only",
        `The data directory ${root} is on a read-only file system. Remount it writable, or name another with --data or HEARTH_DATA.`,
        cause,
      );
    case "ENOSPC":
    case "EDQUOT":
    case "SQLITE_FULL":
      return new DataDirError(
        "full",
        `There is no space left for the data directory ${root}. Free some, or name another with --data or HEARTH_DATA.`,
        cause,
      );
    case "EACCES":
    case "EPERM":
      return new DataDirError(
        "forbidden",
        `The data directory ${root} may not be written by this user. Give it to the user Hearth runs as, or name another with --data or HEARTH_DATA.`,
        cause,
      );
    case "EEXIST":
    case "ENOTDIR":
      return new DataDirError(
        "not-a-directory",
        `${root} is, or lies under, a file and not a directory. Name a directory with --data or HEARTH_DATA.`,
        cause,
      );
    default:
      return new DataDirError(
        "broken",
        `The data directory ${root} cannot be used (${code || String(cause)}). Check the disk, or name another with --data or HEARTH_DATA.`,
        cause,
      );
  }
}
