import { mkdirSync, renameSync } from "node:fs";
import { dirname } from "node:path";
import type { HubEvent } from "#events/hub-event.ts";
import type { Clock } from "#ports/clock.ts";
import type { Journal, JournalHealth, JournalQuery, StoredEvent } from "#ports/journal.ts";
import type { Log } from "#ports/log.ts";
import { Backlog } from "./backlog.ts";
import { readLimit } from "./event-query.ts";
import { isDamage, sqliteCode } from "./event-schema.ts";
import { EventStore } from "./event-store.ts";
import { SeqCounter } from "./seq-counter.ts";

/** Longest an event waits for its commit to begin; the rest of the promised 100 ms is for the disk. */
const COMMIT_DELAY_MS = 80;
/** Events that start a commit at once. */
const COMMIT_EVENTS = 256;
/** Most events in one commit, which bounds how long the hub's thread is held. */
const COMMIT_MAX = 512;
/** How soon a refusing disk is tried again. */
const RETRY_MS = 1000;
/** How often retention is looked at, and the pause between two steps of upkeep. */
const UPKEEP_EVERY_MS = 60_000;
const UPKEEP_PAUSE_MS = 25;
/** Rows the text index takes in at one step: about 1 ms. */
const INDEX_ROWS = 64;

export interface JournalOptions {
  /** The database file; its sequence numbers are kept beside it in `<path>.seq`. */
  readonly path: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly retention: {
    /** Events older than this are removed. */
    readonly maxAgeMs: number;
    /** While the events occupy more than this, the oldest are removed. */
    readonly maxBytes: number;
  };
}

/**
 * Open the journal in SQLite.
 *
 * A damaged database is moved aside and a new one begun; a disk that refuses leaves the journal working in memory
 * and trying again every second. Both are told to whoever watches.
 */
export function openJournal(options: JournalOptions): Promise<Journal> {
  return Promise.resolve(new SqliteJournal(options));
}

class SqliteJournal implements Journal {
  readonly #options: JournalOptions;
  readonly #seq: SeqCounter;
  readonly #backlog = new Backlog();
  readonly #watchers = new Set<(health: JournalHealth) => void>();
  #store: EventStore | undefined;
  #durableSeq = 0;
  /** Loss that has yet to be noted in the store. */
  #lostThrough = 0;
  #health: JournalHealth = { kind: "ok" };
  #timer = new AbortController();
  #dueAt = Number.POSITIVE_INFINITY;
  #upkeepAt: number;
  #pruning = false;
  #closed = false;

  constructor(options: JournalOptions) {
    this.#options = options;
    this.#upkeepAt = options.clock.now();
    this.#open(false);
    this.#seq = new SeqCounter(`${options.path}.seq`, this.#store?.newest ?? 0);
    if (!this.#seq.cleanStart && this.#store) {
      // Reading the whole file is worth it only after a stop that was not in order.
      this.#store[Symbol.dispose]();
      this.#store = undefined;
      this.#open(true);
    }
    if (this.#health.kind === "replaced") this.#lostThrough = this.#seq.last;
    this.#durableSeq = this.#store?.newest ?? 0;
    this.#schedule(this.#store ? UPKEEP_PAUSE_MS : RETRY_MS);
  }

  get lastSeq(): number {
    return this.#seq.last;
  }

  get durableSeq(): number {
    return this.#durableSeq;
  }

  reserveSeq(): number {
    const seq = this.#seq.next();
    if (this.#seq.low && !this.#seq.refused) this.#schedule(COMMIT_DELAY_MS);
    return seq;
  }

  append(event: HubEvent): void {
    this.#backlog.add(event);
    if (this.#health.kind === "refused") this.#schedule(RETRY_MS);
    else this.#schedule(this.#backlog.size >= COMMIT_EVENTS ? 0 : COMMIT_DELAY_MS);
  }

  oldestSeq(): number {
    return this.#ask((store) => store.oldest, 0) || this.#backlog.oldestSeq;
  }

  lostThrough(): number {
    const stored = this.#ask((store) => store.lostThrough, 0);
    return Math.max(stored, this.#lostThrough, this.#backlog.lostThrough);
  }

  flush(): Promise<void> {
    while (this.#backlog.size > 0) {
      if (this.#commit()) continue;
      const why = this.#health.kind === "refused" ? this.#health.detail : "it is closed";
      return Promise.reject(new Error(`the journal cannot write: ${why}`));
    }
    return Promise.resolve();
  }

  read(query: JournalQuery): HubEvent[] {
    return this.readStored(query).map((stored) => JSON.parse(stored.text) as HubEvent);
  }

  readStored(query: JournalQuery): StoredEvent[] {
    const limit = readLimit(query);
    const stored = this.#ask((store) => store.read(query), []);
    if (this.#backlog.size === 0) return stored;
    const all = [...stored, ...this.#backlog.matching(query)];
    return query.take === "newest" ? all.slice(Math.max(0, all.length - limit)) : all.slice(0, limit);
  }

  watch(signal: AbortSignal, handler: (health: JournalHealth) => void): void {
    if (signal.aborted) return;
    this.#watchers.add(handler);
    signal.addEventListener("abort", () => this.#watchers.delete(handler), { once: true });
    if (this.#health.kind !== "ok") handler(this.#health);
  }

  [Symbol.asyncDispose](): Promise<void> {
    if (!this.#closed) {
      while (this.#backlog.size > 0 && this.#commit());
      this.#closed = true;
      this.#timer.abort();
      this.#store?.[Symbol.dispose]();
      this.#store = undefined;
      this.#seq[Symbol.dispose]();
    }
    return Promise.resolve();
  }

  /** Run `#tick` in `ms` milliseconds, unless it runs sooner anyway. */
  #schedule(ms: number): void {
    const { clock } = this.#options;
    const dueAt = clock.now() + ms;
    if (this.#closed || this.#dueAt <= dueAt) return;
    this.#timer.abort();
    this.#timer = new AbortController();
    this.#dueAt = dueAt;
    clock.sleep(ms, this.#timer.signal).then(
      () => this.#tick(),
      () => undefined, // superseded, or closed
    );
  }

  #tick(): void {
    this.#dueAt = Number.POSITIVE_INFINITY;
    if (this.#seq.low || this.#seq.refused) this.#seq.reserve();
    const idle = this.#backlog.size === 0 && this.#store !== undefined;
    if (idle) this.#upkeep();
    else if (!this.#commit()) {
      this.#schedule(RETRY_MS);
      return;
    }
    if (this.#backlog.size > 0) this.#schedule(0);
    if (this.#seq.refused) this.#schedule(RETRY_MS);
    const busy = this.#pruning || this.#ask((store) => store.indexLags, false);
    this.#schedule(busy ? UPKEEP_PAUSE_MS : UPKEEP_EVERY_MS);
  }

  /** One small step of retention or of indexing. */
  #upkeep(): void {
    const { clock, retention } = this.#options;
    this.#ask((store) => {
      if (!this.#pruning && clock.now() < this.#upkeepAt) {
        if (store.indexLags) store.index(INDEX_ROWS);
        return;
      }
      const beforeTime = (clock.wallMs() - retention.maxAgeMs) / 1000;
      this.#pruning = store.pruneStep({ beforeTime, maxBytes: retention.maxBytes }, () => clock.now());
      if (!this.#pruning) this.#upkeepAt = clock.now() + UPKEEP_EVERY_MS;
    }, undefined);
  }

  /** Commit a group. Returns whether the disk took it. */
  #commit(): boolean {
    if (this.#closed) return false;
    if (!this.#store) this.#open(false);
    const group = this.#backlog.first(COMMIT_MAX);
    const lostThrough = Math.max(this.#lostThrough, this.#backlog.lostThrough);
    const done = this.#ask((store) => {
      if (lostThrough > store.lostThrough) store.loseThrough(lostThrough);
      store.insert(group);
      return true;
    }, false);
    if (!done) return false;
    this.#lostThrough = 0;
    this.#backlog.remove(group.length);
    this.#durableSeq = group.at(-1)?.seq ?? this.#durableSeq;
    if (this.#health.kind === "refused") this.#tell({ kind: "recovered", lost: this.#backlog.takeLost() });
    if (this.#health.kind === "recovered") this.#health = { kind: "ok" };
    return true;
  }

  /** Ask the store; when it fails, deal with the cause and answer `otherwise`. */
  #ask<T>(question: (store: EventStore) => T, otherwise: T): T {
    if (!this.#store) return otherwise;
    try {
      return question(this.#store);
    } catch (cause) {
      this.#failed(cause);
      return otherwise;
    }
  }

  /** Open the store. When the disk refuses it stays closed, to be tried again. */
  #open(verify: boolean): void {
    try {
      mkdirSync(dirname(this.#options.path), { recursive: true });
      this.#store = new EventStore(this.#options.path, verify);
    } catch (cause) {
      this.#failed(cause);
    }
  }

  #failed(cause: unknown): void {
    const { path, log, clock } = this.#options;
    const code = sqliteCode(cause);
    if (!isDamage(cause)) {
      if (this.#health.kind === "refused") return;
      log.error("the event journal cannot use its disk", { code });
      this.#tell({ kind: "refused", detail: code });
      return;
    }
    this.#store?.[Symbol.dispose]();
    this.#store = undefined;
    const movedTo = `${path}.damaged-${Math.round(clock.wallMs())}`;
    try {
      for (const suffix of ["-wal", "-shm", ""]) moveIfThere(`${path}${suffix}`, `${movedTo}${suffix}`);
      this.#store = new EventStore(path, false);
    } catch (error) {
      log.error("the damaged event journal cannot be moved aside", { code: sqliteCode(error) });
      this.#tell({ kind: "refused", detail: sqliteCode(error) });
      return;
    }
    this.#lostThrough = Math.max(this.#lostThrough, this.#durableSeq);
    log.error("the event journal was damaged and a new one begun", { code });
    this.#tell({ kind: "replaced", movedTo });
  }

  #tell(health: JournalHealth): void {
    this.#health = health;
    for (const watcher of [...this.#watchers]) watcher(health);
  }
}

function moveIfThere(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch (cause) {
    if (sqliteCode(cause) !== "ENOENT") throw cause;
  }
}
