import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { moveAside } from "./damaged-files.ts";
import { EventReader } from "./event-reader.ts";
import { isDamage, sqliteCode } from "./event-schema.ts";
import type { EventWriter } from "./event-writer.ts";

/** What can be wrong with the database. */
export type DatabaseTrouble =
  /** It cannot be used now; `code` is SQLite's or the system's. */
  | { readonly kind: "refused"; readonly code: string }
  /** Stored data cannot be trusted: write, and it will be replaced. */
  | { readonly kind: "damaged"; readonly code: string }
  /** It was damaged, was moved to the file `movedTo`, and another begun. */
  | { readonly kind: "replaced"; readonly code: string; readonly movedTo: string };

export interface EventDatabaseOptions {
  readonly path: string;
  readonly newWriter: () => EventWriter;
  /** A name for a damaged database that is moved aside. */
  readonly asideName: () => string;
  readonly onTrouble: (trouble: DatabaseTrouble) => void;
}

/**
 * The database, its reader on this thread and its writer: opened when it can be, replaced when it is damaged.
 *
 * Nothing throws or rejects; what goes wrong is told as trouble.
 */
export class EventDatabase implements AsyncDisposable {
  readonly #options: EventDatabaseOptions;
  /** Undefined while the database cannot be used. */
  #reader: EventReader | undefined;
  #writer: EventWriter;
  #verifier: EventWriter | undefined;
  /** Stored data that cannot be trusted, to be replaced when nobody writes. */
  #damage: unknown;
  #closed = false;

  constructor(options: EventDatabaseOptions) {
    this.#options = options;
    this.#writer = options.newWriter();
    this.#open();
  }

  get isOpen(): boolean {
    return this.#reader !== undefined;
  }

  /** Read; answers `otherwise` when that fails. */
  ask<T>(question: (reader: EventReader) => T, otherwise: T): T {
    if (!this.#reader) return otherwise;
    try {
      return question(this.#reader);
    } catch (cause) {
      this.#failed(cause);
      return otherwise;
    }
  }

  /** Write; undefined when that fails. One at a time. */
  async write<T>(work: (writer: EventWriter) => Promise<T>): Promise<{ readonly value: T } | undefined> {
    if (this.#closed) return undefined;
    if (this.#damage !== undefined) await this.#replace(this.#damage);
    if (!this.#reader) this.#open();
    if (!this.#reader) return undefined;
    try {
      return { value: await work(this.#writer) };
    } catch (cause) {
      this.#failed(cause);
      return undefined;
    }
  }

  /** Read the whole file in the background, to find damage that does not show at once. */
  async verify(): Promise<void> {
    if (this.#verifier || !this.#reader) return;
    await using verifier = this.#options.newWriter();
    this.#verifier = verifier;
    try {
      await verifier.verify();
    } catch (cause) {
      if (!this.#closed && isDamage(cause)) this.#failed(cause);
    } finally {
      this.#verifier = undefined;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    await this.#verifier?.[Symbol.asyncDispose]();
    // The writer is the last to close: that moves the log into the database, and it does so on its own thread.
    this.#reader?.[Symbol.dispose]();
    this.#reader = undefined;
    await this.#writer[Symbol.asyncDispose]();
  }

  #open(): void {
    const { path } = this.#options;
    try {
      mkdirSync(dirname(path), { recursive: true });
      this.#reader = new EventReader(path);
    } catch (cause) {
      if (isDamage(cause)) this.#beginAnew(cause);
      else this.#failed(cause);
    }
  }

  #failed(cause: unknown): void {
    if (!isDamage(cause)) {
      this.#options.onTrouble({ kind: "refused", code: sqliteCode(cause) });
      return;
    }
    this.#damage ??= cause;
    this.#reader?.[Symbol.dispose]();
    this.#reader = undefined;
    this.#options.onTrouble({ kind: "damaged", code: sqliteCode(cause) });
  }

  async #replace(cause: unknown): Promise<void> {
    await this.#verifier?.[Symbol.asyncDispose]();
    await this.#writer[Symbol.asyncDispose]();
    this.#writer = this.#options.newWriter();
    this.#damage = undefined;
    this.#beginAnew(cause);
  }

  /** Move the database aside, where nobody has it open any more, and begin another. */
  #beginAnew(cause: unknown): void {
    const movedTo = this.#options.asideName();
    try {
      moveAside(this.#options.path, movedTo);
      this.#reader = new EventReader(this.#options.path);
    } catch (error) {
      this.#failed(error);
      return;
    }
    this.#options.onTrouble({ kind: "replaced", code: sqliteCode(cause), movedTo });
  }
}
