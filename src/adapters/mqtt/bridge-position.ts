import { closeSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from "node:fs";

/** How far a broker has acknowledged a hub's events. */
export interface BridgePosition {
  /** The broker's address and the hub's name there: another broker begins anew. */
  readonly target: string;
  readonly seq: number;
}

/** The position a hub left in `path`; 0 when there is none for this target, or the file is damaged. */
export function readPosition(path: string, target: string): number {
  try {
    const found: Partial<BridgePosition> = JSON.parse(readFileSync(path, "utf8"));
    return found.target === target && Number.isSafeInteger(found.seq) ? (found.seq ?? 0) : 0;
  } catch {
    return 0; // what was acknowledged is sent again, with the same numbers
  }
}

/**
 * Note a position, all or nothing.
 *
 * @throws {Error} the system's, when the disk refuses; the old position then still holds.
 */
export function writePosition(path: string, position: BridgePosition): void {
  const aside = `${path}.tmp`;
  const fd = openSync(aside, "w", 0o600);
  try {
    writeSync(fd, JSON.stringify(position));
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
  renameSync(aside, path);
}
