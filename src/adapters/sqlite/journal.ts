import type { HubEvent } from "#events/hub-event.ts";
import type { Clock } from "#ports/clock.ts";
import type {
  Journal,
  JournalHealth,
  JournalPage,
  JournalQuery,
  JournalWaiting,
  StoredEvent,
} from "#ports/journal.ts";
import type { Log } from "#ports/log.ts";
import { Alarm } from "./alarm.ts";
import { Backlog } from "./backlog.ts";
import { pageWithBacklog, readWithBacklog } from "./backlog-reading.ts";
import { type DatabaseTrouble, EventDatabase } from "./event-database.ts";
import { toRow } from "./event-row.ts";
import { DirectWriter, type EventWriter } from "./event-writer.ts";
import { Listeners } from "./listeners.ts";
import { SeqCounter } from "./seq-counter.ts";

/** Longest an event waits for its commit to begin; the rest of the promised 100 ms is for the disk. */
const COMMIT_DELAY_MS = 80;
/** Events that start a commit at once. */
const COMMIT_EVENTS = 256;
/** Most events in one commit. */
const COMMIT_MAX = 512;
/** How soon a refusing disk is tried again. */
const RETRY_MS = 1000;
/** How often retention is looked at, and the pause between two steps of upkeep. */
const UPKEEP_EVERY_MS = 60_000;
const UPKEEP_PAUSE_MS = 25;
/** Rows the text index takes in at one step: about 4 ms. */
const INDEX_ROWS = 256;

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
  /** Makes who writes to the database, and another who checks it. Default: on the calling thread. */
  readonly newWriter?: (path: string) => EventWriter;
  /** Told of every commit: how long it took, and of how many events. */
  readonly onCommit?: (tookMs: number, events: number) => void;
}

/** The journal, and what only its owner may do with it. */
export interface OwnedJournal extends Journal {
  /** Use no number up to `seq`, for events that come from elsewhere with theirs. */
  skipTo(seq: number): void;
}

/**
 * Open the journal in SQLite.
 *
 * A damaged database is moved aside and a new one begun; a disk that refuses leaves the journal working in memory
 * and trying again every second. Both are told to whoever watches. After a stop that was not in order the database
 * is read through in the background, to find damage that does not show at once.
 */
export function openJournal(options: JournalOptions): Promise<OwnedJournal> {
  return Promise.resolve(new SqliteJournal(options));
}

class SqliteJournal implements OwnedJournal {
  readonly #options: JournalOptions;
  readonly #seq: SeqCounter;
  readonly #backlog = new Backlog();
  readonly #watchers = new Listeners<JournalHealth>();
  readonly #durableWatchers = new Listeners<number>();
  readonly #alarm: Alarm;
  readonly #database: EventDatabase;
  #durableSeq = 0;
  /** Loss that has yet to be noted in the database. */
  #lostThrough = 0;
  #health: JournalHealth = { kind: "ok" };
  #upkeepAt: number;
  #busy = false;
  /** What is being done now; never rejects. */
  #working: Promise<boolean> | undefined;
  #closed = false;

  constructor(options: JournalOptions) {
    const { path, clock } = options;
    this.#options = options;
    // Whoever works when it rings says when to go on.
    this.#alarm = new Alarm(clock, () => void (this.#working ?? this.#work()));
    this.#upkeepAt = clock.now();
    this.#database = new EventDatabase({
      path,
      newWriter: () => options.newWriter?.(path) ?? new DirectWriter(path, () => clock.now()),
      asideName: () => `${path}.damaged-${Math.round(clock.wallMs())}`,
      onTrouble: (trouble) => this.#troubled(trouble),
    });
    this.#durableSeq = this.#database.ask((reader) => reader.newest, 0);
    this.#seq = new SeqCounter(`${path}.seq`, this.#durableSeq);
    if (this.#health.kind === "replaced") this.#lostThrough = this.#seq.last;
    // Reading the whole file is worth it only after a stop that was not in order.
    if (!this.#seq.cleanStart) void this.#database.verify();
    this.#alarm.set(this.#database.isOpen ? UPKEEP_PAUSE_MS : RETRY_MS);
  }

  get lastSeq(): number {
    return this.#seq.last;
  }

  get durableSeq(): number {
    return this.#durableSeq;
  }

  reserveSeq(): number {
    const seq = this.#seq.next();
    if (this.#seq.low && !this.#seq.refused) this.#alarm.set(0);
    return seq;
  }

  skipTo(seq: number): void {
    this.#seq.skipTo(seq);
  }

  append(event: HubEvent): void {
    this.#backlog.add(event);
    if (this.#health.kind === "refused") this.#alarm.set(RETRY_MS);
    else this.#alarm.set(this.#backlog.size >= COMMIT_EVENTS ? 0 : COMMIT_DELAY_MS);
  }

  oldestSeq(): number {
    return this.#database.ask((reader) => reader.oldest, 0) || this.#backlog.oldestSeq;
  }

  lostThrough(): number {
    const stored = this.#database.ask((reader) => reader.lostThrough, 0);
    return Math.max(stored, this.#lostThrough, this.#backlog.lostThrough);
  }

  async flush(): Promise<void> {
    const through = this.#backlog.newestSeq;
    while (this.#backlog.size > 0 && this.#backlog.oldestSeq <= through) {
      if (this.#working !== undefined) await this.#working;
      else if (!(await this.#work())) {
        const why = this.#health.kind === "refused" ? this.#health.detail : "it is closed";
        throw new Error(`the journal cannot write: ${why}`);
      }
    }
  }

  read(query: JournalQuery): HubEvent[] {
    return this.readStored(query).map((stored) => JSON.parse(stored.text) as HubEvent);
  }

  readStored(query: JournalQuery): StoredEvent[] {
    return readWithBacklog(this.#backlog, query, (part) =>
      this.#database.ask((reader) => reader.read(part), []),
    );
  }

  readPage(query: JournalQuery, rows: number): JournalPage {
    const nothing: JournalPage = { events: [], next: undefined };
    return pageWithBacklog(this.#backlog, query, (part) =>
      this.#database.ask((reader) => reader.page(part, rows), nothing),
    );
  }

  waiting(): JournalWaiting {
    return { events: this.#backlog.size, oldestTime: this.#backlog.oldestTime };
  }

  onDurable(signal: AbortSignal, handler: (seq: number) => void): void {
    this.#durableWatchers.add(signal, handler);
  }

  watch(signal: AbortSignal, handler: (health: JournalHealth) => void): void {
    if (this.#watchers.add(signal, handler) && this.#health.kind !== "ok") handler(this.#health);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#closed) return;
    await this.flush().catch(() => undefined); // it was told when the disk began to refuse
    this.#closed = true;
    this.#alarm.stop();
    await this.#working;
    await this.#database[Symbol.asyncDispose]();
    this.#seq[Symbol.dispose]();
  }

  /** Do what is most urgent, and say when to go on. Returns whether the disk took it; never rejects. */
  #work(): Promise<boolean> {
    const work = this.#next().finally(() => {
      this.#working = undefined;
    });
    this.#working = work;
    return work;
  }

  async #next(): Promise<boolean> {
    if (this.#closed) return false;
    if (this.#seq.refused) this.#seq.reserve();
    else if (this.#seq.low) await this.#seq.reserveLater();
    const taken = this.#backlog.size > 0 ? await this.#commit() : await this.#upkeep();
    if (!taken || this.#seq.refused) this.#alarm.set(RETRY_MS);
    else if (this.#backlog.size >= COMMIT_EVENTS) this.#alarm.set(0);
    else if (this.#backlog.size > 0) this.#alarm.set(COMMIT_DELAY_MS);
    else this.#alarm.set(this.#busy ? UPKEEP_PAUSE_MS : UPKEEP_EVERY_MS);
    return taken;
  }

  /** Commit a group. */
  async #commit(): Promise<boolean> {
    const { clock, onCommit } = this.#options;
    const group = this.#backlog.first(COMMIT_MAX);
    const lostThrough = Math.max(this.#lostThrough, this.#backlog.lostThrough);
    const startedAt = clock.now();
    const written = await this.#database.write((writer) => writer.insert(group.map(toRow), lostThrough));
    if (!written) return false;
    this.#lostThrough = 0;
    this.#durableSeq = group.at(-1)?.seq ?? this.#durableSeq;
    this.#backlog.removeThrough(this.#durableSeq);
    if (this.#health.kind === "refused") this.#tell({ kind: "recovered", lost: this.#backlog.takeLost() });
    if (this.#health.kind === "recovered") this.#health = { kind: "ok" };
    onCommit?.(clock.now() - startedAt, group.length);
    this.#durableWatchers.tell(this.#durableSeq);
    return true;
  }

  /** One small step of indexing or of retention. */
  async #upkeep(): Promise<boolean> {
    const { clock, retention } = this.#options;
    const done = await this.#database.write(async (writer) => {
      if (await writer.index(INDEX_ROWS)) return true;
      if (clock.now() < this.#upkeepAt) return false;
      const beforeTime = (clock.wallMs() - retention.maxAgeMs) / 1000;
      if (await writer.prune({ beforeTime, maxBytes: retention.maxBytes })) return true;
      this.#upkeepAt = clock.now() + UPKEEP_EVERY_MS;
      return false;
    });
    this.#busy = done?.value ?? false;
    return done !== undefined;
  }

  #troubled(trouble: DatabaseTrouble): void {
    const { log } = this.#options;
    const { kind, code } = trouble;
    if (kind === "damaged") this.#alarm.set(0);
    else if (kind === "replaced") {
      this.#lostThrough = Math.max(this.#lostThrough, this.#durableSeq);
      log.error("the event journal was damaged and a new one begun", { code });
      this.#tell({ kind: "replaced", movedTo: trouble.movedTo });
    } else if (this.#health.kind !== "refused") {
      log.error("the event journal cannot use its disk", { code });
      this.#tell({ kind: "refused", detail: code });
    }
  }

  #tell(health: JournalHealth): void {
    this.#health = health;
    this.#watchers.tell(health);
  }
}
