import type { SendOutcome } from "./satellite.ts";

/** What one class of socket may cost the hub. `transports/socket-policy.ts` holds the numbers and their reasons. */
export interface SocketPolicy {
  /** The class, for logs and counters: `satellite`, `feed`, … */
  readonly name: string;
  /** Largest message accepted; one byte more closes with 1009. */
  readonly maxPayloadBytes: number;
  /** Sustained rate of received bytes, binary and text together. Sending faster closes with 1008. */
  readonly bytesPerSecond: number;
  /** Bytes that may arrive at once on top of the sustained rate; at least `maxPayloadBytes`. */
  readonly burstBytes: number;
  /** Sustained rate of received messages, control frames included. Sending faster closes with 1008. */
  readonly messagesPerSecond: number;
  readonly burstMessages: number;
  /** Bytes that may wait for a reader; when more would wait, the socket is closed with 1013. */
  readonly backpressureBytes: number;
  /** Longest silence, pongs included, before the peer is declared lost; the hub pings well before. */
  readonly idleTimeoutMs: number;
  /** How long a socket may stay unauthenticated before it is closed with 4401. */
  readonly authDeadlineMs: number;
}

/** What a meter says about a received message. */
export type MeterVerdict =
  | { readonly kind: "pass" }
  | { readonly kind: "close"; readonly code: 1008 | 1009; readonly reason: string };

/** Watches what one socket receives. */
export interface SocketMeter {
  /** Count one received message of `bytes` bytes and say whether it may pass. */
  take(bytes: number): MeterVerdict;
}

/**
 * One open WebSocket, seen from the hub.
 *
 * Everything is synchronous and nothing throws: sends on a socket that is gone are `dropped`, a second close is
 * ignored.
 */
export interface Socket {
  /**
   * Hand a text message (string) or a binary one (bytes, copied before this returns) to the socket.
   *
   * `congested`: it waits in the socket's buffer; hold further sends until the handler's `drain`.
   * `dropped`: it is lost, because the socket is closed or its reader was too slow; in the latter case the socket
   * is closed with 1013 and the handler's `close` follows.
   */
  send(data: string | Uint8Array): SendOutcome;
  /** Run `work` and write everything it sends to this socket in one go. */
  cork(work: () => void): void;
  /** Whether nothing waits for the reader. When something does, the handler's `drain` follows once nothing does. */
  ready(): boolean;
  /** Get what other sockets of this server send to a topic. What was sent before stays before what is sent after. */
  join(topic: string): void;
  leave(topic: string): void;
  /**
   * Send a text to every other socket that joined a topic, for a fraction of what sending to each would cost.
   *
   * A socket for which too much waits loses it in silence: only sockets that are `ready` may have joined.
   */
  sendToOthers(topic: string, text: string): void;
  /** End the connection. The handler's `close` follows with the same code. `reason` is cut at 123 bytes. */
  close(code: number, reason: string): void;
  /** The peer has shown who it is: the authentication deadline no longer applies. */
  authenticated(): void;
  /** Bytes that wait for the reader. */
  readonly bufferedBytes: number;
  readonly remoteAddress: string;
}

/**
 * What an endpoint does with one open socket.
 *
 * Handlers are synchronous, must not block and feed bounded queues: the runtime has no inbound backpressure, so
 * an asynchronous handler is an unbounded queue.
 */
export interface SocketHandler {
  text(text: string): void;
  /** The bytes belong to the socket again when this returns; copy what is kept. */
  binary(bytes: Uint8Array): void;
  /** The socket's buffer is empty again after a `congested` send. */
  drain(): void;
  /** The socket is gone, by either side. Called exactly once, and last. */
  close(code: number, reason: string): void;
}

/** An upgrade request, reduced to what decides about it. */
export interface SocketRequest {
  readonly url: URL;
  readonly headers: Headers;
  readonly remoteAddress: string;
}

/** An endpoint's answer to an upgrade request. */
export type SocketDecision =
  /** Open the socket; `open` is called once with it and returns its handler. */
  | {
      readonly kind: "accept";
      /** False starts the policy's authentication deadline, ended by `Socket.authenticated`. */
      readonly authenticated: boolean;
      /** One of the client's offers; never set to something it did not offer. Absent: none is answered. */
      readonly subprotocol?: string;
      open(socket: Socket): SocketHandler;
    }
  /** Answer the request with a plain HTTP status instead of upgrading. */
  | { readonly kind: "refuse"; readonly status: number; readonly message: string }
  /** Upgrade and close at once, for peers that can read a close code but not an HTTP status. */
  | { readonly kind: "close"; readonly code: number; readonly reason: string };

/** A place where WebSockets arrive. The server asks endpoints in order; the first that matches decides. */
export interface SocketEndpoint {
  readonly name: string;
  readonly policy: SocketPolicy;
  /** Whether this endpoint is responsible for an upgrade request. Must not throw. */
  matches(url: URL, headers: Headers): boolean;
  /** Decide about an upgrade request. Synchronous; must not throw. */
  accept(request: SocketRequest): SocketDecision;
}
