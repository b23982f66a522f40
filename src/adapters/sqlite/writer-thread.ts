import { DamagedDatabase, isDamage, sqliteCode } from "./event-schema.ts";
import { DirectWriter, type EventRow, type EventWriter, type Retention } from "./event-writer.ts";

/** What the hub's thread asks the writer's. */
type Request =
  | { readonly kind: "insert"; readonly rows: readonly EventRow[]; readonly lostThrough: number }
  | { readonly kind: "prune"; readonly retention: Retention }
  | { readonly kind: "index"; readonly rows: number }
  | { readonly kind: "verify" }
  | { readonly kind: "close" };

interface Question {
  readonly id: number;
  readonly path: string;
  readonly request: Request;
}

/** `code` is SQLite's or the system's; `damaged` when stored data cannot be trusted. */
type Answer =
  | { readonly id: number; readonly ok: true; readonly more: boolean }
  | { readonly id: number; readonly ok: false; readonly code: string; readonly damaged: boolean };

/** The hub's side of a thread; a `Worker` is one. */
export interface Thread {
  postMessage(message: unknown): void;
  addEventListener(kind: "message", listener: (event: { readonly data: unknown }) => void): void;
  addEventListener(kind: "error" | "close", listener: () => void): void;
  terminate(): void;
}

/**
 * Write through another thread, so that waiting for the disk never holds the hub's.
 *
 * `start` makes the thread; it is called again when one ended by itself, whose unanswered questions reject.
 */
export function threadWriter(path: string, start: () => Thread): EventWriter {
  return new ThreadWriter(path, start);
}

class ThreadWriter implements EventWriter {
  readonly #path: string;
  readonly #start: () => Thread;
  readonly #waiting = new Map<number, PromiseWithResolvers<boolean>>();
  #thread: Thread | undefined;
  #questions = 0;

  constructor(path: string, start: () => Thread) {
    this.#path = path;
    this.#start = start;
  }

  async insert(rows: readonly EventRow[], lostThrough: number): Promise<void> {
    await this.#ask({ kind: "insert", rows, lostThrough });
  }

  prune(retention: Retention): Promise<boolean> {
    return this.#ask({ kind: "prune", retention });
  }

  index(rows: number): Promise<boolean> {
    return this.#ask({ kind: "index", rows });
  }

  async verify(): Promise<void> {
    await this.#ask({ kind: "verify" });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const thread = this.#thread;
    if (!thread) return;
    // A thread that verifies is not waited for: it changes nothing.
    const verifies = this.#waiting.size > 0;
    if (!verifies) await this.#ask({ kind: "close" }).catch(() => undefined);
    this.#ended(thread);
    thread.terminate();
  }

  #ask(request: Request): Promise<boolean> {
    const thread = this.#running();
    this.#questions += 1;
    const question: Question = { id: this.#questions, path: this.#path, request };
    const answer = Promise.withResolvers<boolean>();
    this.#waiting.set(question.id, answer);
    thread.postMessage(question);
    return answer.promise;
  }

  #running(): Thread {
    if (this.#thread) return this.#thread;
    const thread = this.#start();
    thread.addEventListener("message", ({ data }) => this.#answered(data as Answer));
    for (const kind of ["error", "close"] as const) thread.addEventListener(kind, () => this.#ended(thread));
    this.#thread = thread;
    return thread;
  }

  #answered(answer: Answer): void {
    const waiting = this.#waiting.get(answer.id);
    this.#waiting.delete(answer.id);
    if (answer.ok) waiting?.resolve(answer.more);
    else waiting?.reject(failure(answer.code, answer.damaged));
  }

  #ended(thread: Thread): void {
    if (this.#thread !== thread) return;
    this.#thread = undefined;
    for (const waiting of this.#waiting.values()) waiting.reject(failure("THREAD_ENDED", false));
    this.#waiting.clear();
  }
}

function failure(code: string, damaged: boolean): Error {
  const text = `the event database refuses: ${code}`;
  return Object.assign(damaged ? new DamagedDatabase(text) : new Error(text), { code });
}

/** In the writer's thread: answer what the hub's asks, one question after the other. */
export function serveWriter(
  reply: (answer: unknown) => void,
  now: () => number,
): (question: unknown) => void {
  const writers = new Map<string, DirectWriter>();
  let turn = Promise.resolve();
  return (message) => {
    const { id, path, request } = message as Question;
    const writer = writers.get(path) ?? new DirectWriter(path, now);
    writers.set(path, writer);
    turn = turn
      .then(() => perform(writer, request))
      .then(
        (more) => reply({ id, ok: true, more }),
        (cause: unknown) => reply({ id, ok: false, code: sqliteCode(cause), damaged: isDamage(cause) }),
      );
  };
}

async function perform(writer: DirectWriter, request: Request): Promise<boolean> {
  switch (request.kind) {
    case "insert":
      await writer.insert(request.rows, request.lostThrough);
      return false;
    case "prune":
      return await writer.prune(request.retention);
    case "index":
      return await writer.index(request.rows);
    case "verify":
      await writer.verify();
      return false;
    case "close":
      await writer[Symbol.asyncDispose]();
      return false;
    default:
      return request satisfies never;
  }
}
