import { BoundedQueue } from "#core/bounded-queue.ts";
import { EngineError } from "#core/faults.ts";
import type { EarUtterance } from "#ports/hearing.ts";
import type { SttPart } from "#ports/speech-to-text.ts";
import type { HostChild, HostStream } from "./host-child.ts";

/** Parts kept for a caller that is slow to take them; an interim part is worthless once the next is there. */
const MAX_WAITING_PARTS = 32;

/** What an utterance is opened with. */
export interface HostEarUtteranceOptions {
  readonly child: HostChild;
  /** Names the engine in errors. */
  readonly engine: string;
  /** The ear's stream. */
  readonly ear: number;
  readonly fromSample: number;
  readonly language: string | undefined;
  readonly signal: AbortSignal;
  /** Called once when it is over, however it ended. */
  readonly onOver: () => void;
}

/** One utterance on an ear of an engine host. */
export class HostEarUtterance implements EarUtterance {
  readonly #options: HostEarUtteranceOptions;
  readonly #parts = new BoundedQueue<SttPart>(MAX_WAITING_PARTS, "drop-oldest");
  readonly #stream: HostStream;
  readonly #onAbort: () => void;
  #hasFinal = false;
  #over = false;

  constructor(options: HostEarUtteranceOptions) {
    this.#options = options;
    const { child, ear, fromSample, language, signal } = options;
    this.#onAbort = () => this.stop(signal.reason);
    this.#stream = child.open("call", {
      receive: (message) => {
        if (message.kind === "stt-part") {
          this.#hasFinal ||= message.part.kind === "final";
          this.#parts.push(message.part);
        } else if (message.kind === "error") this.#end(this.#failure(message.fault, message.detail));
        else if (message.kind === "done") {
          this.#end(this.#hasFinal ? undefined : this.#failure("protocol", "ended without a final part"));
        }
      },
      lost: (error) => this.#end(this.#failure(error.fault, error.message)),
    });
    if (signal.aborted) {
      this.#onAbort();
      return;
    }
    signal.addEventListener("abort", this.#onAbort, { once: true });
    const opening = { kind: "open-utterance", stream: this.#stream.id, ear, fromSample } as const;
    this.#stream.send(language === undefined ? opening : { ...opening, language });
  }

  finish(): void {
    this.#stream.send({ kind: "finish-stt", stream: this.#stream.id });
  }

  /** Give it up; `reason` reaches whoever waits for a part. Harmless when it is over. */
  stop(reason: unknown): void {
    if (this.#over) return;
    this.#stream.close();
    this.#end(reason);
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<SttPart, void, undefined> {
    const { signal } = this.#options;
    try {
      for await (const part of this.#parts) {
        signal.throwIfAborted();
        yield part;
      }
      signal.throwIfAborted();
    } finally {
      this.stop(undefined);
    }
  }

  #failure(fault: EngineError["fault"], detail: string): EngineError {
    return new EngineError(this.#options.engine, fault, detail);
  }

  #end(error: unknown): void {
    if (this.#over) return;
    this.#over = true;
    this.#options.signal.removeEventListener("abort", this.#onAbort);
    this.#stream.close();
    if (error === undefined) this.#parts.end();
    else this.#parts.fail(error);
    this.#options.onOver();
  }
}
