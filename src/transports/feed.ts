import { typeMatcher } from "#events/event-filter.ts";
import type { EventType, HubEvent } from "#events/hub-event.ts";
import type { Clock } from "#ports/clock.ts";
import type { EventBus } from "#ports/event-bus.ts";
import type { Journal } from "#ports/journal.ts";
import type { Log } from "#ports/log.ts";
import type { SocketDecision, SocketEndpoint, SocketRequest } from "#ports/socket.ts";
import { FeedBroadcast } from "./feed-broadcast.ts";
import { type FeedResponseDeps, feedResponse } from "./feed-http.ts";
import { type FeedItem, feedItem } from "./feed-queue.ts";
import { requestFromUrl } from "./feed-request.ts";
import { type FeedCounters, FeedSocket } from "./feed-socket.ts";
import type { FeedSubscriber } from "./feed-subscriber.ts";
import { satelliteAccess, tokenOf } from "./satellite-identity.ts";
import { FEED_SOCKET } from "./socket-policy.ts";
import { Turns } from "./turns.ts";

/** A token that may read events, and which: type patterns, absent means all. */
interface FeedToken {
  readonly id: string;
  readonly token: string;
  readonly types?: readonly string[];
}

export interface FeedOptions {
  readonly bus: EventBus;
  readonly journal: Journal;
  readonly clock: Clock;
  readonly log: Log;
  /** `token` refuses whoever shows none of the tokens; `open` lets everyone read everything. */
  readonly access: { readonly mode: "open" | "token"; readonly tokens: readonly FeedToken[] };
  /** Aborts when the hub stops: responses end, and nothing is sent any more. */
  readonly signal: AbortSignal;
}

/** The feed's counters, under the original's names. */
interface FeedStats {
  readonly total_connections: number;
  readonly current_connections: number;
  /** Frames handed to sockets, replay and error frames included. */
  readonly events_sent: number;
  readonly errors: number;
  /** Live-only events that slow readers missed. */
  readonly events_dropped: number;
  /** Readers that were sent away to resume because they read too slowly. */
  readonly readers_overrun: number;
}

/** The events, live and stored, for whoever may read them. */
export interface Feed {
  /** `/events`, and a WebSocket upgrade of `/`. */
  readonly endpoint: SocketEndpoint;
  /**
   * Answer `GET /api/events`: Server-Sent Events when asked for `text/event-stream`, else NDJSON, which ends after
   * the stored events unless `?follow=1`. Takes the same parameters as the WebSocket.
   */
  response(request: Request): Response;
  /** Whether a request may read events of a type: the rule for everything that tells the same in another form. */
  mayRead(request: Request, type: EventType): boolean;
  stats(): FeedStats;
}

/** Most subscribers at once; every one may hold half a megabyte of queue and one of socket buffer. */
const MAX_SUBSCRIBERS = 1000;

/** Make the feed. It subscribes to the bus until `signal` aborts. */
export function createFeed(options: FeedOptions): Feed {
  const { bus, journal, clock, log } = options;
  const subscribers = new Set<FeedSubscriber>();
  const counters: FeedCounters = { sent: 0, errors: 0, dropped: 0, overruns: 0 };
  const turns = new Turns(clock);
  const broadcast = new FeedBroadcast();
  let total = 0;

  let items: FeedItem[] = [];
  // What is published in one go is sent in one write per subscriber.
  const deliverAll = () => {
    const published = items;
    items = [];
    broadcast.deliver(subscribers, published);
  };
  const deliver = (event: HubEvent) => {
    if (subscribers.size === 0) return;
    if (items.push(feedItem(event)) === 1) queueMicrotask(deliverAll);
  };
  bus.onAny({ name: "feed", signal: options.signal }, deliver);

  const access = satelliteAccess(options.access);
  const typesById = new Map(options.access.tokens.map(({ id, types }) => [id, types ?? []]));
  /** The type patterns a request may see, empty for all; undefined when it may see nothing. */
  const admit = (url: URL, headers: Headers) => {
    const admission = access.admit(tokenOf(url, headers));
    if (admission.kind === "refused") return;
    return typesById.get(admission.tokenId ?? "") ?? [];
  };
  const leave = (subscriber: FeedSubscriber) => {
    subscribers.delete(subscriber);
    broadcast.forget(subscriber);
  };
  const join = (subscriber: FeedSubscriber) => {
    total += 1;
    subscribers.add(subscriber);
  };

  function accept({ url, headers, remoteAddress }: SocketRequest): SocketDecision {
    const allowed = admit(url, headers);
    if (!allowed) {
      log.warn("a reader of the feed was refused: no valid token", { remoteAddress });
      return { kind: "close", code: 4401, reason: "unauthorised" };
    }
    if (subscribers.size >= MAX_SUBSCRIBERS) return { kind: "close", code: 1013, reason: "too many readers" };
    return {
      kind: "accept",
      authenticated: true,
      open(socket) {
        const gone = () => leave(handler.subscriber);
        const handler: FeedSocket = new FeedSocket(
          { journal, clock, turns, counters, allowed, gone },
          socket,
        );
        join(handler.subscriber);
        handler.opened(requestFromUrl(url, allowed));
        return handler;
      },
    };
  }

  const responseDeps: FeedResponseDeps = {
    journal,
    clock,
    turns,
    counters,
    signal: options.signal,
    admit,
    join,
    leave,
    isFull: () => subscribers.size >= MAX_SUBSCRIBERS,
  };
  return {
    endpoint: {
      name: "feed",
      policy: FEED_SOCKET,
      matches: (url) => url.pathname === "/events" || url.pathname === "/",
      accept,
    },
    response: (request) => feedResponse(responseDeps, request),
    mayRead(request, type) {
      const allowed = admit(new URL(request.url), request.headers);
      return allowed !== undefined && typeMatcher(allowed)(type);
    },
    stats: () => ({
      total_connections: total,
      current_connections: subscribers.size,
      events_sent: counters.sent,
      errors: counters.errors,
      events_dropped: counters.dropped,
      readers_overrun: counters.overruns,
    }),
  };
}
