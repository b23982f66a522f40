import { renameSync } from "node:fs";
import { sqliteCode } from "./event-schema.ts";

/**
 * Move a database and its logs aside.
 *
 * @throws {Error} the system's, when a file that is there cannot be moved.
 */
export function moveAside(path: string, to: string): void {
  for (const suffix of ["-wal", "-shm", ""]) {
    try {
      renameSync(`${path}${suffix}`, `${to}${suffix}`);
    } catch (cause) {
      if (sqliteCode(cause) !== "ENOENT") throw cause;
    }
  }
}
