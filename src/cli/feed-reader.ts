import type { HubEvent } from "#events/hub-event.ts";
import type { Clock } from "#ports/clock.ts";

/** How a connection to the feed ended. */
type Ended =
  /** It never opened. */
  | { readonly kind: "unreachable" }
  | { readonly kind: "closed"; readonly code: number; readonly reason: string };

/** What the reader tells besides events. */
export type FeedReaderNote =
  | { readonly kind: "lost"; readonly code: number }
  | { readonly kind: "resumed" }
  /** Events are missing; `reason` is the feed's. */
  | { readonly kind: "gap"; readonly reason: string }
  | { readonly kind: "refused"; readonly message: string };

export interface FeedReaderOptions {
  /** Where the feed is, with its filter; `since` is set by the reader. */
  readonly url: URL;
  readonly token: string | undefined;
  /** Begin after this number; undefined begins with the last few. */
  readonly since: number | undefined;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly onEvent: (event: HubEvent) => void;
  readonly onNote: (note: FeedReaderNote) => void;
}

/** Pauses before the next attempts to reach a hub that was there before. */
const RETRY_MS = [250, 500, 1000, 2000, 5000];

/**
 * Read the feed until `signal` aborts, and resume after the last event seen whenever the link is lost.
 *
 * Resolves with `stopped` on abort, `unreachable` when the hub was never reached, `unauthorised` when it wants
 * another token.
 */
export async function readFeed(
  options: FeedReaderOptions,
): Promise<"stopped" | "unreachable" | "unauthorised"> {
  const { signal, clock, onNote } = options;
  const position = { since: options.since };
  let attempt = 0;
  let wasThere = false;
  while (!signal.aborted) {
    const ended = await readOnce(options, position, () => {
      if (wasThere) onNote({ kind: "resumed" });
      wasThere = true;
      attempt = 0;
    });
    if (signal.aborted) break;
    if (ended.kind === "closed" && ended.code === 4401) return "unauthorised";
    if (!wasThere) return "unreachable";
    if (attempt === 0 && ended.kind === "closed") onNote({ kind: "lost", code: ended.code });
    const pause = RETRY_MS[Math.min(attempt, RETRY_MS.length - 1)] ?? 0;
    attempt += 1;
    await clock.sleep(pause, signal).catch(() => undefined);
  }
  return "stopped";
}

function readOnce(
  options: FeedReaderOptions,
  position: { since: number | undefined },
  onOpen: () => void,
): Promise<Ended> {
  const url = new URL(options.url);
  if (position.since !== undefined) url.searchParams.set("since", `${position.since}`);
  const headers = options.token === undefined ? {} : { authorization: `Bearer ${options.token}` };
  const { promise, resolve } = Promise.withResolvers<Ended>();
  const socket = new WebSocket(url, { headers });
  const stop = () => socket.close(1000);
  options.signal.addEventListener("abort", stop, { once: true });
  let opened = false;
  socket.addEventListener("open", () => {
    opened = true;
  });
  socket.addEventListener("message", ({ data }) => {
    // A hub that refuses opens the socket and closes it at once; one that sends anything is there.
    onFrame(options, position, JSON.parse(String(data)));
  });
  socket.addEventListener("close", ({ code, reason }) => {
    options.signal.removeEventListener("abort", stop);
    resolve(opened ? { kind: "closed", code, reason } : { kind: "unreachable" });
  });
  // `close` follows every error.
  socket.addEventListener("error", () => undefined);
  // The feed answers a ping at once, so a pong proves that the link stands and was admitted.
  socket.addEventListener("open", () => socket.send('{"type":"ping"}'));
  socket.addEventListener("message", onOpen, { once: true });
  return promise;
}

interface Frame {
  readonly type: string;
  readonly events?: readonly HubEvent[];
  readonly seq?: number;
  readonly reason?: string;
  readonly count?: number;
  readonly message?: string;
}

function onFrame(options: FeedReaderOptions, position: { since: number | undefined }, frame: Frame): void {
  const take = (event: HubEvent) => {
    position.since = Math.max(position.since ?? 0, event.seq);
    options.onEvent(event);
  };
  switch (frame.type) {
    case "replay":
      for (const event of frame.events ?? []) take(event);
      return;
    case "live":
      position.since = frame.seq;
      return;
    case "reset":
      position.since = undefined;
      options.onNote({ kind: "gap", reason: frame.reason ?? "unknown" });
      return;
    case "dropped":
      options.onNote({ kind: "gap", reason: `${frame.count ?? "some"} live-only events left out` });
      return;
    case "error":
      options.onNote({ kind: "refused", message: frame.message ?? "" });
      return;
    case "pong":
      return;
    default:
      take(frame as unknown as HubEvent);
  }
}
