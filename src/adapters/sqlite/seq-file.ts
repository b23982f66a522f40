import {
  closeSync,
  constants,
  fdatasync,
  fdatasyncSync,
  fsyncSync,
  openSync,
  readSync,
  writeSync,
} from "node:fs";
import { dirname } from "node:path";

/**
 * The promise that sequence numbers never repeat, kept in one small file.
 *
 * The file is outside the database, so that it survives a damaged one, and is only ever overwritten in place, so
 * that it can be written on a full disk. It has two slots in different sectors, written in turn and checksummed: a
 * power cut can tear one, never both.
 */
export interface SeqMark {
  /** No number above this was handed out durably. */
  readonly through: number;
  /** True when the hub stopped in order, so that `through` is the last number that was used. */
  readonly clean: boolean;
}

/** A slot's distance from the next: no disk tears two sectors of 512 bytes, or one page of flash, at once. */
const SLOT_BYTES = 4096;

export class SeqFile implements Disposable {
  readonly #path: string;
  #fd: number | undefined;
  #generation = 0;
  /** What was found when the file was first opened; undefined when there was none, or only damage. */
  #found: SeqMark | undefined;
  /** Whether another thread waits for the disk to have a mark. */
  #syncing = false;
  #closing = false;

  /** Names the file; nothing is opened until it is needed, so that a refusing disk can be tried again. */
  constructor(path: string) {
    this.#path = path;
  }

  /**
   * The mark the last run left; undefined when there is none.
   *
   * @throws {Error} the system's, when the file can be neither read nor made.
   */
  read(): SeqMark | undefined {
    this.#open();
    return this.#found;
  }

  /**
   * Write the mark and wait until the disk has it.
   *
   * @throws {Error} the system's, when the disk refuses; the old mark then still holds.
   */
  write(mark: SeqMark): void {
    const fd = this.#open();
    // Two slots on their way to the disk at once could both be torn.
    if (this.#syncing) fdatasyncSync(fd);
    this.#put(fd, mark);
    fdatasyncSync(fd);
  }

  /** As `write`, waiting for the disk on another thread. At most one at a time. */
  async writeLater(mark: SeqMark): Promise<void> {
    const fd = this.#open();
    if (this.#syncing) throw new Error("a mark is being written already");
    this.#put(fd, mark);
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#syncing = true;
    fdatasync(fd, (error) => (error ? reject(error) : resolve()));
    try {
      await promise;
    } finally {
      this.#syncing = false;
      if (this.#closing) this[Symbol.dispose]();
    }
  }

  [Symbol.dispose](): void {
    // The number of a file that another thread still uses must not go to another file.
    this.#closing = true;
    if (this.#syncing || this.#fd === undefined) return;
    closeSync(this.#fd);
    this.#fd = undefined;
  }

  #put(fd: number, mark: SeqMark): void {
    const generation = this.#generation + 1;
    const bytes = Buffer.alloc(SLOT_BYTES, " ");
    bytes.write(sealed(`hearth-seq 1 ${generation} ${mark.through} ${mark.clean ? "clean" : "open"}`));
    writeSync(fd, bytes, 0, SLOT_BYTES, (generation % 2) * SLOT_BYTES);
    this.#generation = generation;
  }

  #open(): number {
    if (this.#fd !== undefined) return this.#fd;
    const fd = openSync(this.#path, constants.O_RDWR | constants.O_CREAT, 0o600);
    try {
      const bytes = Buffer.alloc(2 * SLOT_BYTES);
      const length = readSync(fd, bytes, 0, bytes.length, 0);
      if (length < bytes.length) {
        // New, or cut short: give both slots their place now, while the disk has some.
        bytes.fill(" ", length);
        writeSync(fd, bytes, 0, bytes.length, 0);
        fsyncSync(fd);
        syncDirectory(dirname(this.#path));
      }
      for (const slot of [0, 1])
        this.#take(bytes.toString("latin1", slot * SLOT_BYTES, slot * SLOT_BYTES + 128));
    } catch (cause) {
      closeSync(fd);
      throw cause;
    }
    this.#fd = fd;
    return fd;
  }

  #take(slot: string): void {
    const line = slot.slice(0, slot.indexOf("\n") + 1);
    const match = /^(hearth-seq 1 (\d+) (\d+) (clean|open)) [0-9a-f]{8}\n$/.exec(line);
    if (!match?.[1] || sealed(match[1]) !== line) return;
    const generation = Number(match[2]);
    if (generation <= this.#generation) return;
    this.#generation = generation;
    this.#found = { through: Number(match[3]), clean: match[4] === "clean" };
  }
}

function sealed(line: string): string {
  return `${line} ${Bun.hash.crc32(line).toString(16).padStart(8, "0")}\n`;
}

/** Make a new file's name durable. */
function syncDirectory(path: string): void {
  const fd = openSync(path, constants.O_RDONLY);
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
