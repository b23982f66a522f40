import type { ServerWebSocket } from "bun";
import type { Log } from "#ports/log.ts";
import type { SendOutcome } from "#ports/satellite.ts";
import type { Socket, SocketDecision, SocketHandler, SocketMeter, SocketPolicy } from "#ports/socket.ts";

/** What a WebSocket of the server carries from its upgrade request on. */
export interface SocketData {
  readonly endpoint: string;
  readonly policy: SocketPolicy;
  readonly meter: SocketMeter;
  readonly remoteAddress: string;
  readonly decision: Exclude<SocketDecision, { kind: "refuse" }>;
  readonly log: Log;
  /** Set when the socket opens. */
  live: LiveSocket | undefined;
}

type State =
  | { readonly kind: "open"; readonly handler: SocketHandler }
  /** Being opened, or closed before a handler existed. */
  | { readonly kind: "opening" }
  | { readonly kind: "closed" };

/** A close frame carries at most 125 bytes, two of which are the code. */
const MAX_REASON_BYTES = 123;

/**
 * One open WebSocket: keeps its class's limits and turns Bun's callbacks into the port's.
 *
 * A handler that throws is a bug: it is logged without its message, which could hold what was said, and costs this
 * socket (1011) and no other.
 */
export class LiveSocket implements Socket {
  readonly remoteAddress: string;
  readonly #socket: ServerWebSocket<SocketData>;
  readonly #data: SocketData;
  readonly #deadline = new AbortController();
  #state: State = { kind: "opening" };
  #congested = false;
  /** Why the hub closed it; what Bun reports then may differ. */
  #closing: { readonly code: number; readonly reason: string } | undefined;

  constructor(socket: ServerWebSocket<SocketData>) {
    this.#socket = socket;
    this.#data = socket.data;
    this.remoteAddress = socket.data.remoteAddress;
  }

  /** Aborts when the socket has authenticated or is gone. */
  get authenticatedOrGone(): AbortSignal {
    return this.#deadline.signal;
  }

  get bufferedBytes(): number {
    return this.#state.kind === "closed" ? 0 : this.#socket.getBufferedAmount();
  }

  authenticated(): void {
    this.#deadline.abort();
  }

  send(data: string | Uint8Array): SendOutcome {
    if (this.#state.kind === "closed") return "dropped";
    // Bun answers 0 for an empty payload too, though it is sent.
    if (data.length === 0) {
      this.#socket.send(data);
      return "sent";
    }
    if (this.#congested && this.#overflows(data)) {
      this.close(1013, "reads too slowly");
      return "dropped";
    }
    const status = this.#socket.send(data);
    if (status > 0) return "sent";
    if (status === 0) {
      this.close(1013, "reads too slowly");
      return "dropped";
    }
    this.#congested = true;
    return "congested";
  }

  cork(work: () => void): void {
    if (this.#state.kind === "closed") work();
    else this.#socket.cork(work);
  }

  ready(): boolean {
    if (this.#state.kind === "closed") return false;
    if (this.#congested || this.#socket.getBufferedAmount() > 0) this.#congested = true;
    return !this.#congested;
  }

  join(topic: string): void {
    if (this.#state.kind !== "closed") this.#socket.subscribe(topic);
  }

  leave(topic: string): void {
    if (this.#state.kind !== "closed") this.#socket.unsubscribe(topic);
  }

  sendToOthers(topic: string, text: string): void {
    if (this.#state.kind !== "closed") this.#socket.publishText(topic, text);
  }

  close(code: number, reason: string): void {
    if (this.#closing || this.#state.kind === "closed") return;
    const cut = new TextDecoder().decode(new TextEncoder().encode(reason).subarray(0, MAX_REASON_BYTES));
    this.#closing = { code, reason: cut.replace(/�$/, "") };
    this.#socket.close(code, this.#closing.reason);
  }

  opened(): void {
    const { decision } = this.#data;
    if (decision.kind === "close") {
      this.close(decision.code, decision.reason);
      return;
    }
    this.#guard(() => {
      const handler = decision.open(this);
      // The endpoint may have closed the socket while it opened it.
      if (this.#state.kind === "closed") this.#tellClosed(handler, 1000, "");
      else this.#state = { kind: "open", handler };
    });
  }

  received(message: string | Uint8Array): void {
    const state = this.#state;
    if (state.kind !== "open") return;
    const bytes = typeof message === "string" ? Buffer.byteLength(message) : message.byteLength;
    if (!this.#passes(bytes)) return;
    // Not through #guard: a closure per frame would be the most expensive part of the path.
    try {
      if (typeof message === "string") state.handler.text(message);
      else state.handler.binary(message);
    } catch (error) {
      this.#failed(error);
    }
  }

  /** A ping or pong arrived; it counts like a message. */
  control(bytes: number): void {
    this.#passes(bytes);
  }

  drained(): void {
    if (!this.#congested || this.#socket.getBufferedAmount() > 0) return;
    this.#congested = false;
    const state = this.#state;
    if (state.kind === "open") this.#guard(() => state.handler.drain());
  }

  closed(code: number, reason: string): void {
    const state = this.#state;
    if (state.kind === "closed") return;
    this.#state = { kind: "closed" };
    this.#deadline.abort();
    if (state.kind === "open") this.#tellClosed(state.handler, code, reason);
  }

  #tellClosed(handler: SocketHandler, code: number, reason: string): void {
    const told = this.#closing ?? namedClose(code, reason);
    this.#guard(() => handler.close(told.code, told.reason));
  }

  #overflows(data: string | Uint8Array): boolean {
    const bytes = typeof data === "string" ? Buffer.byteLength(data) : data.byteLength;
    return this.#socket.getBufferedAmount() + bytes > this.#data.policy.backpressureBytes;
  }

  #passes(bytes: number): boolean {
    if (this.#closing) return false;
    const verdict = this.#data.meter.take(bytes);
    if (verdict.kind === "pass") return true;
    const { log, endpoint } = this.#data;
    log.warn("a socket broke its class's limits", { endpoint, code: verdict.code, reason: verdict.reason });
    this.close(verdict.code, verdict.reason);
    return false;
  }

  #guard(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#failed(error);
    }
  }

  #failed(error: unknown): void {
    const name = error instanceof Error ? error.name : typeof error;
    // The first frame of the stack tells where, and unlike the message never what was said.
    const at = error instanceof Error ? /^\s*at .*$/m.exec(error.stack ?? "")?.[0].trim() : undefined;
    this.#data.log.error("a socket handler failed", { endpoint: this.#data.endpoint, error: name, at });
    this.close(1011, "internal error");
  }
}

/** Bun reports its own closes as 1006 with a text; say what really happened. */
function namedClose(code: number, reason: string): { code: number; reason: string } {
  if (code !== 1006) return { code, reason };
  if (reason.includes("too big")) return { code: 1009, reason: "message too big" };
  if (reason.includes("timed out")) return { code: 1006, reason: "timed out" };
  return { code: 1006, reason: reason === "" ? "connection lost" : reason };
}
