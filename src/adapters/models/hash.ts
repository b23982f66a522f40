import { closeSync, fstatSync, openSync, readFileSync, readSync, renameSync, writeFileSync } from "node:fs";

/** 1 MiB: large enough that calls cost nothing, small enough to be nothing in memory. */
const CHUNK_BYTES = 1024 * 1024;

/** Who a file is and how it was last changed, without reading it. */
interface Stamp {
  readonly size: string;
  readonly ino: string;
  readonly mtimeNs: string;
  /** The system sets this one at every change and lets nobody choose it. */
  readonly ctimeNs: string;
}

/**
 * SHA-256 of files, remembered as long as a file is untouched.
 *
 * A file counts as untouched while path, size, inode and both times are the same. `verify` commands leave the memory
 * out. A memory that is lost, damaged or cannot be written costs time and nothing else.
 */
export class FileHashes {
  readonly #memoryPath: string | undefined;
  readonly #known: Map<string, Stamp & { readonly sha256: string }>;
  #changed = false;

  /** @param memoryPath A JSON file between runs; `undefined` remembers nothing. */
  constructor(memoryPath: string | undefined) {
    this.#memoryPath = memoryPath;
    this.#known = new Map(memoryPath === undefined ? [] : entriesOf(memoryPath));
  }

  /**
   * Lower-case hexadecimal SHA-256 of a file, and its size.
   *
   * @throws what the system throws when the file is absent or unreadable.
   */
  of(path: string): { readonly sha256: string; readonly bytes: number } {
    const handle = openSync(path, "r");
    try {
      const stat = fstatSync(handle, { bigint: true });
      const stamp: Stamp = {
        size: String(stat.size),
        ino: String(stat.ino),
        mtimeNs: String(stat.mtimeNs),
        ctimeNs: String(stat.ctimeNs),
      };
      const bytes = Number(stat.size);
      const known = this.#known.get(path);
      if (known && sameStamp(known, stamp)) return { sha256: known.sha256, bytes };
      const sha256 = digest(handle);
      this.#known.set(path, { ...stamp, sha256 });
      this.#changed = true;
      return { sha256, bytes };
    } finally {
      closeSync(handle);
    }
  }

  /** Write the memory down if it grew. */
  save(): void {
    if (!this.#changed || this.#memoryPath === undefined) return;
    try {
      const part = `${this.#memoryPath}.${process.pid}.part`;
      writeFileSync(part, JSON.stringify(Object.fromEntries(this.#known)), { mode: 0o600 });
      renameSync(part, this.#memoryPath);
      this.#changed = false;
    } catch {
      // Without the memory the next start hashes again.
    }
  }
}

function sameStamp(a: Stamp, b: Stamp): boolean {
  return a.size === b.size && a.ino === b.ino && a.mtimeNs === b.mtimeNs && a.ctimeNs === b.ctimeNs;
}

function digest(handle: number): string {
  const hasher = new Bun.CryptoHasher("sha256");
  const buffer = new Uint8Array(CHUNK_BYTES);
  for (;;) {
    const read = readSync(handle, buffer);
    if (read === 0) return hasher.digest("hex");
    hasher.update(buffer.subarray(0, read));
  }
}

function entriesOf(path: string): [string, Stamp & { readonly sha256: string }][] {
  try {
    const parsed: unknown = JSON.parse(readFileSync(path, "utf8"));
    if (typeof parsed !== "object" || parsed === null) return [];
    return Object.entries(parsed).filter(([, value]) => isRemembered(value));
  } catch {
    return [];
  }
}

function isRemembered(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  return ["size", "ino", "mtimeNs", "ctimeNs", "sha256"].every((key) => {
    return key in value && typeof (value as Record<string, unknown>)[key] === "string";
  });
}
