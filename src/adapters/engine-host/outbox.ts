import type { HostMessage, HubMessage } from "#protocol/engine-host.ts";
import { MessageBatch } from "#protocol/engine-host-codec.ts";

/** Collects everything said within one run of the event loop's microtasks and writes it at once. */
export class Outbox {
  readonly #batch = new MessageBatch();
  readonly #write: (bytes: Uint8Array) => void;
  #planned = false;

  constructor(write: (bytes: Uint8Array) => void) {
    this.#write = write;
  }

  send(message: HostMessage | HubMessage): void {
    this.#batch.add(message);
    if (this.#planned) return;
    this.#planned = true;
    queueMicrotask(() => this.flush());
  }

  /** Write what waits, now. */
  flush(): void {
    this.#planned = false;
    if (this.#batch.byteLength > 0) this.#write(this.#batch.take());
  }
}
