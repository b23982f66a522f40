import { BoundedQueue } from "#core/bounded-queue.ts";
import { EngineError } from "#core/faults.ts";
import type { PcmFrame } from "#core/pcm.ts";
import type { SpeechToText, SttPart } from "#ports/speech-to-text.ts";
import { WINDOW_FRAMES } from "#protocol/engine-host.ts";
import type { EngineHost } from "./engine-host.ts";
import type { HostChild, HostStream } from "./host-child.ts";

/** Parts kept for a caller that is slow to take them; an interim part is worthless once the next is there. */
const MAX_WAITING_PARTS = 32;

/** The recogniser `engine` of an engine host, or its preferred one. */
export function hostSpeechToText(host: EngineHost, engine?: string): SpeechToText {
  const name = engine ?? "engine host";
  return {
    name,
    async *transcribe(frames, { signal, language }) {
      const child = await host.ready(name, signal);
      const utterance = new HostUtterance(name, child);
      const stop = () => utterance.stop(signal.reason);
      signal.addEventListener("abort", stop, { once: true });
      try {
        signal.throwIfAborted();
        utterance.begin(frames, engine, language);
        for await (const part of utterance.parts) {
          signal.throwIfAborted();
          yield part;
        }
        signal.throwIfAborted();
        if (!utterance.final) throw new EngineError(name, "protocol", "ended without a final part");
      } catch (error) {
        signal.throwIfAborted();
        throw error;
      } finally {
        signal.removeEventListener("abort", stop);
        utterance.stop(undefined);
      }
    },
  };
}

/** One utterance under way. */
class HostUtterance {
  readonly parts = new BoundedQueue<SttPart>(MAX_WAITING_PARTS, "drop-oldest");
  final = false;
  readonly #name: string;
  readonly #stream: HostStream;
  #unconsumed = 0;
  #over = false;
  /** Lets the feeding go on, or end, where it waits for a frame or for credit. */
  #nudge: PromiseWithResolvers<void> = Promise.withResolvers();

  constructor(name: string, child: HostChild) {
    this.#name = name;
    this.#stream = child.open("call", {
      receive: (message) => {
        if (message.kind === "consumed") {
          this.#unconsumed -= message.amount;
          this.#wake();
        } else if (message.kind === "stt-part") {
          this.final ||= message.part.kind === "final";
          this.parts.push(message.part);
        } else if (message.kind === "error") {
          this.#end(new EngineError(name, message.fault, message.detail));
        } else if (message.kind === "done") {
          this.#end(undefined);
        }
      },
      lost: (error) => this.#end(new EngineError(this.#name, error.fault, error.message, { cause: error })),
    });
  }

  begin(frames: AsyncIterable<PcmFrame>, engine: string | undefined, language: string | undefined): void {
    this.#stream.send({
      kind: "open-stt",
      stream: this.#stream.id,
      ...(engine === undefined ? {} : { engine }),
      ...(language === undefined ? {} : { language }),
    });
    this.#feed(frames).catch((error: unknown) => {
      this.#stream.close();
      this.#end(error);
    });
  }

  /** Give the utterance up; `reason` reaches whoever waits for a part. Harmless when it is over. */
  stop(reason: unknown): void {
    this.#stream.close();
    this.#end(reason);
  }

  /** Hand frames to the host no faster than it takes them, until they end or the utterance does. */
  async #feed(frames: AsyncIterable<PcmFrame>): Promise<void> {
    const iterator = frames[Symbol.asyncIterator]();
    try {
      for (;;) {
        while (this.#unconsumed >= WINDOW_FRAMES && !this.#over) await this.#nudged();
        if (this.#over) return;
        const step = await this.#orOver(iterator.next());
        if (!step) return;
        if (step.done) break;
        this.#unconsumed += 1;
        this.#stream.sendSoon({ kind: "stt-frame", stream: this.#stream.id, pcm: step.value });
      }
      this.#stream.send({ kind: "finish-stt", stream: this.#stream.id });
    } finally {
      // Not awaited: a source that is parked in next() would answer only with its next frame.
      void Promise.resolve(iterator.return?.()).catch(() => undefined);
    }
  }

  /** What `promise` gives, or undefined as soon as the utterance is over. */
  async #orOver<T>(promise: Promise<T>): Promise<T | undefined> {
    let settled = false;
    // A failure of the source reaches the race below; it must not be unhandled when the race is over.
    const mark = () => {
      settled = true;
      this.#wake();
    };
    promise.then(mark, mark);
    while (!settled && !this.#over) await this.#nudged();
    return this.#over ? undefined : await promise;
  }

  #nudged(): Promise<void> {
    return this.#nudge.promise;
  }

  #wake(): void {
    this.#nudge.resolve();
    this.#nudge = Promise.withResolvers();
  }

  #end(error: unknown): void {
    if (this.#over) return;
    this.#over = true;
    if (error === undefined) this.parts.end();
    else this.parts.fail(error);
    this.#wake();
  }
}
