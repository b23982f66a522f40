import type { StoredEvent } from "#ports/journal.ts";
import type { SendOutcome } from "#ports/satellite.ts";
import type { Socket, SocketHandler } from "#ports/socket.ts";
import { type ParsedRequest, requestFromMessage } from "./feed-request.ts";
import type { FeedNotice, FeedSink } from "./feed-sink.ts";
import { FeedSubscriber, type FeedSubscriberDeps } from "./feed-subscriber.ts";

/** What the feed has done. */
export interface FeedCounters {
  /** Frames that went out. */
  sent: number;
  /** Messages that were not understood. */
  errors: number;
  /** Live-only events that slow readers were told to have missed. */
  dropped: number;
  /** Readers sent away to resume. */
  overruns: number;
}

export interface FeedSocketDeps extends FeedSubscriberDeps {
  readonly counters: FeedCounters;
  /** Type patterns this subscriber may see; empty means all. */
  readonly allowed: readonly string[];
  /** The socket is gone. */
  readonly gone: () => void;
}

/** A subscriber on a WebSocket: the original's frames, and Hearth's messages both ways. */
export class FeedSocket implements SocketHandler {
  readonly subscriber: FeedSubscriber;
  readonly #deps: FeedSocketDeps;
  readonly #socket: Socket;

  constructor(deps: FeedSocketDeps, socket: Socket) {
    this.#deps = deps;
    this.#socket = socket;
    this.subscriber = new FeedSubscriber(deps, socketSink(socket, deps.counters));
  }

  /** Begin with what the URL asked for. A bad request is answered, and nothing is sent until a good one comes. */
  opened(parsed: ParsedRequest): void {
    if (parsed.ok) this.subscriber.subscribe(parsed.request);
    else this.#error(parsed.problem);
  }

  text(text: string): void {
    let message: unknown;
    try {
      message = JSON.parse(text);
    } catch {
      this.#error("Invalid JSON format"); // the original's words
      return;
    }
    if (typeof message !== "object" || message === null || !("type" in message)) {
      this.#error('A message is an object with a "type".');
      return;
    }
    switch (message.type) {
      case "subscribe":
        this.#subscribe(message);
        return;
      case "unsubscribe":
        this.subscriber.unsubscribe();
        this.#send({ type: "unsubscribed", seq: this.#deps.journal.lastSeq });
        return;
      case "ping": {
        const id = "id" in message && typeof message.id === "string" ? message.id.slice(0, 128) : null;
        this.#send({ type: "pong", id, timestamp: this.#deps.clock.wallMs() / 1000 });
        return;
      }
      default:
        this.#error("The feed understands subscribe, unsubscribe and ping.");
    }
  }

  binary(): void {
    this.#error("The feed understands text messages only.");
  }

  drain(): void {
    this.subscriber.drained();
  }

  close(): void {
    this.subscriber.unsubscribe();
    this.#deps.gone();
  }

  #subscribe(message: object): void {
    const parsed = requestFromMessage(message, this.#deps.allowed);
    if (!parsed.ok) {
      this.#error(parsed.problem); // the subscription before stays
      return;
    }
    const { filter } = parsed.request;
    this.#send({
      type: "subscribed",
      types: filter.patterns,
      session: filter.sessionId ?? null,
      satellite: filter.satelliteId ?? null,
      turn: filter.turnId ?? null,
      ephemeral: filter.ephemeral,
      seq: this.#deps.journal.lastSeq,
    });
    this.subscriber.subscribe(parsed.request);
  }

  #error(message: string): void {
    this.#deps.counters.errors += 1;
    this.#send({ type: "error", message, timestamp: this.#deps.clock.wallMs() / 1000 });
  }

  /** Answers are as many as the questions, which the socket's policy bounds; they need no queue. */
  #send(frame: object): void {
    this.#deps.counters.sent += 1;
    this.#socket.send(JSON.stringify(frame));
  }
}

/** What readers of everything have in common; a server has one feed. */
const TOPIC = "feed";

function socketSink(socket: Socket, counters: FeedCounters): FeedSink {
  const send = (text: string): SendOutcome => {
    counters.sent += 1;
    return socket.send(text);
  };
  return {
    replay: (events: readonly StoredEvent[]) =>
      send(`{"type":"replay","events":[${events.map((event) => event.text).join(",")}]}`),
    live: (event) => send(event.text),
    shared: {
      ready: () => socket.ready(),
      join: () => socket.join(TOPIC),
      leave: () => socket.leave(TOPIC),
      sendToOthers: ({ text }) => socket.sendToOthers(TOPIC, text),
    },
    wasSent(items) {
      counters.sent += items.length;
    },
    cork: (work) => socket.cork(work),
    notice(notice: FeedNotice) {
      if (notice.type === "dropped") counters.dropped += notice.count;
      return send(JSON.stringify(notice));
    },
    overrun(lastSeq) {
      counters.overruns += 1;
      socket.close(1013, `reads too slowly; resume with since=${lastSeq}`);
    },
  };
}
