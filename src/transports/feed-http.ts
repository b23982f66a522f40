import type { Clock } from "#ports/clock.ts";
import type { StoredEvent } from "#ports/journal.ts";
import type { SendOutcome } from "#ports/satellite.ts";
import { type FeedRequest, requestFromUrl } from "./feed-request.ts";
import type { FeedNotice, FeedSink } from "./feed-sink.ts";
import type { FeedCounters } from "./feed-socket.ts";
import { FeedSubscriber, type FeedSubscriberDeps } from "./feed-subscriber.ts";

export interface FeedResponseDeps extends FeedSubscriberDeps {
  readonly counters: FeedCounters;
  /** Aborts when the hub stops. */
  readonly signal: AbortSignal;
  /** The type patterns a request may see, empty for all; undefined when it may see nothing. */
  admit(url: URL, headers: Headers): readonly string[] | undefined;
  join(subscriber: FeedSubscriber): void;
  leave(subscriber: FeedSubscriber): void;
  isFull(): boolean;
}

/** Bytes that may wait in a response before its reader counts as slow. */
const BUFFER_BYTES = 256 * 1024;
/** How often a silent stream says that it is alive: Bun 1.4 ends a response after 10 s without a byte. */
const HEARTBEAT_MS = 5000;

/** How events and notices look in one format. */
interface Format {
  readonly contentType: string;
  event(event: StoredEvent): string;
  notice(notice: FeedNotice): string;
  readonly heartbeat: string;
}

const SERVER_SENT_EVENTS: Format = {
  contentType: "text/event-stream; charset=utf-8",
  event: ({ seq, text }) => `id: ${seq}\ndata: ${text}\n\n`,
  notice: (notice) => `event: ${notice.type}\ndata: ${JSON.stringify(notice)}\n\n`,
  heartbeat: ": alive\n\n",
};

const NDJSON: Format = {
  contentType: "application/x-ndjson; charset=utf-8",
  event: ({ text }) => `${text}\n`,
  notice: (notice) => `${JSON.stringify(notice)}\n`,
  heartbeat: "\n",
};

/** Answer `GET /api/events`; see `Feed.response`. Problems are JSON: `{error}` with a sentence. */
export function feedResponse(deps: FeedResponseDeps, request: Request): Response {
  const url = new URL(request.url);
  const allowed = deps.admit(url, request.headers);
  if (!allowed) return problem(401, "Reading events takes a token with the scope events:read.");
  if (deps.isFull()) return problem(503, "Too many readers. Try again later.");

  const isStream = (request.headers.get("accept") ?? "").includes("text/event-stream");
  // A browser that reconnects sends the last id it saw.
  const resume = isStream ? request.headers.get("last-event-id") : null;
  if (resume !== null) url.searchParams.set("since", resume);
  const parsed = requestFromUrl(url, allowed);
  if (!parsed.ok) return problem(400, parsed.problem);

  const follows = isStream || ["1", "true"].includes(url.searchParams.get("follow") ?? "");
  const format = isStream ? SERVER_SENT_EVENTS : NDJSON;
  const body = eventStream(deps, parsed.request, format, follows, request.signal);
  return new Response(body, { headers: { "content-type": format.contentType, "cache-control": "no-store" } });
}

/** A stream of events, pulled by its reader. */
function eventStream(
  deps: FeedResponseDeps,
  request: FeedRequest,
  format: Format,
  follows: boolean,
  reader: AbortSignal,
): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  const ended = new AbortController();
  let subscriber: FeedSubscriber | undefined;
  const end = () => {
    if (ended.signal.aborted) return;
    ended.abort();
    subscriber?.unsubscribe();
    if (subscriber) deps.leave(subscriber);
  };

  return new ReadableStream<Uint8Array>(
    {
      start(controller) {
        const close = () => {
          if (ended.signal.aborted) return;
          end();
          controller.close();
        };
        const write = (text: string): SendOutcome => {
          if (ended.signal.aborted) return "dropped";
          controller.enqueue(encoder.encode(text));
          return (controller.desiredSize ?? 0) > 0 ? "sent" : "congested";
        };
        const sink: FeedSink = {
          replay(events) {
            deps.counters.sent += events.length;
            return write(events.map(format.event).join(""));
          },
          live(event) {
            deps.counters.sent += 1;
            return write(format.event(event));
          },
          cork: (work) => work(),
          notice(notice) {
            if (notice.type === "dropped") deps.counters.dropped += notice.count;
            // A response that does not follow is complete here.
            if (notice.type === "live" && !follows) {
              close();
              return "dropped";
            }
            return write(format.notice(notice));
          },
          overrun() {
            deps.counters.overruns += 1;
            close();
          },
        };
        subscriber = new FeedSubscriber(deps, sink);
        deps.join(subscriber);
        for (const signal of [deps.signal, reader]) signal.addEventListener("abort", close, { once: true });
        subscriber.subscribe(request);
        if (!follows && request.start.kind !== "since") close();
        if (follows) heartbeat(deps.clock, ended.signal, () => write(format.heartbeat));
      },
      pull: () => subscriber?.drained(),
      cancel: end,
    },
    new ByteLengthQueuingStrategy({ highWaterMark: BUFFER_BYTES }),
  );
}

function heartbeat(clock: Clock, signal: AbortSignal, beat: () => void): void {
  clock.sleep(HEARTBEAT_MS, signal).then(
    () => {
      beat();
      heartbeat(clock, signal, beat);
    },
    () => undefined, // the stream has ended
  );
}

function problem(status: number, error: string): Response {
  return Response.json({ error }, { status, headers: { "cache-control": "no-store" } });
}
