import type { SendOutcome } from "#ports/satellite.ts";
import type { Socket } from "#ports/socket.ts";

/** Who joined which topic, as a server keeps it. */
const topics = new Map<string, Set<FakeSocket>>();

function topicOf(name: string): Set<FakeSocket> {
  const sockets = topics.get(name) ?? new Set();
  topics.set(name, sockets);
  return sockets;
}

/** A socket that remembers what was sent, and whose reader stalls when told. */
export class FakeSocket implements Socket {
  /** Text frames as parsed JSON, in order. */
  readonly frames: unknown[] = [];
  /** Set once the hub has closed it. */
  closed: { readonly code: number; readonly reason: string } | undefined;
  /** What the next sends answer. While it is `congested` frames are taken; while `dropped` they are lost. */
  outcome: SendOutcome = "sent";
  readonly bufferedBytes = 0;
  readonly remoteAddress = "192.0.2.7";
  /** How many writes there were: a corked run of sends is one. */
  writes = 0;
  #corked = false;

  send(data: string | Uint8Array): SendOutcome {
    if (this.closed || this.outcome === "dropped") return "dropped";
    if (!this.#corked) this.writes += 1;
    this.frames.push(typeof data === "string" ? JSON.parse(data) : data);
    return this.outcome;
  }

  cork(work: () => void): void {
    this.#corked = true;
    this.writes += 1;
    work();
    this.#corked = false;
  }

  ready(): boolean {
    return this.outcome === "sent";
  }

  join(topic: string): void {
    topicOf(topic).add(this);
  }

  leave(topic: string): void {
    topicOf(topic).delete(this);
  }

  sendToOthers(topic: string, text: string): void {
    for (const socket of topicOf(topic)) if (socket !== this) socket.send(text);
  }

  close(code: number, reason: string): void {
    this.closed ??= { code, reason };
  }

  authenticated(): void {
    // Nothing here has a deadline.
  }
}
