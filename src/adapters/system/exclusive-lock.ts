import { Database } from "bun:sqlite";
import { closeSync, openSync } from "node:fs";

/** Locks that are held. Without this a lock whose owner keeps no reference would be let go by the garbage collector. */
const held = new Set<Database>();

/**
 * Take a lock that ends with this process, however it ends; `undefined` when another holds it.
 *
 * It is SQLite's: a record lock of the operating system, which kill -9 frees and children do not inherit. The file at
 * `path` is created empty and stays. Nothing else may open it, a record lock being lost when its process closes any
 * handle of the file. Dispose to let go.
 *
 * @throws what the system throws when the file cannot be created.
 */
export function exclusiveLock(path: string): Disposable | undefined {
  // The empty file is made here so that a refusal comes with the system's own code.
  closeSync(openSync(path, "a", 0o600));
  let lock: Database | undefined;
  try {
    lock = new Database(path, { create: true, readwrite: true });
    // Takes the lock and writes nothing, so that it also works on a full disk.
    lock.run("BEGIN EXCLUSIVE");
  } catch (error) {
    lock?.close();
    if (error instanceof Error && "code" in error && error.code === "SQLITE_BUSY") return undefined;
    throw error;
  }
  const taken = lock;
  held.add(taken);
  return {
    [Symbol.dispose]: () => {
      held.delete(taken);
      taken.close();
    },
  };
}
