import { expect, test } from "bun:test";
import { openFeed } from "#testing/open-feed.ts";

function started(id: string) {
  return { type: "conversation_start", conversation_id: id } as const;
}

function get(path: string, headers: Record<string, string> = {}, signal?: AbortSignal): Request {
  return new Request(`http://hub.test${path}`, signal ? { headers, signal } : { headers });
}

/** Reads a response's body piece by piece. */
function pieces(response: Response) {
  const reader = response.body?.getReader();
  const decoder = new TextDecoder();
  return {
    async next(): Promise<string | undefined> {
      const piece = await reader?.read();
      return piece?.done === false ? decoder.decode(piece.value) : undefined;
    },
    cancel: () => reader?.cancel(),
  };
}

const SSE = { accept: "text/event-stream" };

test("stored events come as one JSON object a line, and the answer ends", async () => {
  const { bus, feed } = openFeed();
  const events = [bus.publish(started("a")), bus.publish(started("b"))];

  const response = feed.response(get("/api/events"));
  const lines = (await response.text()).trimEnd().split("\n");

  expect(response.headers.get("content-type")).toStartWith("application/x-ndjson");
  expect(lines.map((line) => JSON.parse(line))).toEqual(events);
  expect(feed.stats().current_connections).toBe(0);
});

test("everything after a number comes, however much it is", async () => {
  const { bus, feed, clock } = openFeed();
  for (let i = 0; i < 3000; i++) bus.publish(started(`c${i} ${"x".repeat(300)}`));

  const response = feed.response(get("/api/events?since=10"));
  const text = response.text();
  for (let i = 0; i < 40; i++) {
    await clock.advance(0);
    // The stream is pulled by the runtime's own machinery, outside the fake clock.
    await new Promise((resolve) => setImmediate(resolve));
  }
  const lines = (await text).trimEnd().split("\n");

  expect(lines.map((line) => JSON.parse(line).seq)).toEqual(Array.from({ length: 2990 }, (_, i) => i + 11));
});

test("with follow the answer goes on with live events until its reader goes", async () => {
  const { bus, feed, clock } = openFeed();
  const body = pieces(feed.response(get("/api/events?since=0&follow=1")));
  await clock.advance(0);

  const live = await body.next();
  const event = bus.publish(started("live"));
  const piece = await body.next();
  await body.cancel();

  expect(JSON.parse(live ?? "")).toEqual({ type: "live", seq: 0 });
  expect(JSON.parse(piece ?? "")).toEqual(event);
  expect(feed.stats().current_connections).toBe(0);
  expect(clock.sleeping).toBe(0);
});

test("a browser's event source gets ids, and resumes after the last one it saw", async () => {
  const { bus, feed, clock } = openFeed();
  bus.publish(started("seen"));
  const missed = bus.publish(started("missed"));

  const response = feed.response(get("/api/events", { ...SSE, "last-event-id": "1" }));
  const body = pieces(response);
  await clock.advance(0);
  const first = await body.next();
  const second = await body.next();
  await clock.advance(5000);
  const third = await body.next();
  await body.cancel();

  expect(response.headers.get("content-type")).toStartWith("text/event-stream");
  expect(first).toBe(`id: 2\ndata: ${JSON.stringify(missed)}\n\n`);
  expect(second).toBe('event: live\ndata: {"type":"live","seq":2}\n\n');
  expect(third).toBe(": alive\n\n");
});

test("the end of the hub or of the request ends the answer", async () => {
  const { feed, stop } = openFeed();
  const request = new AbortController();
  const one = pieces(feed.response(get("/api/events", SSE, request.signal)));
  const two = pieces(feed.response(get("/api/events", SSE)));

  request.abort();
  expect(await one.next()).toBeUndefined();
  expect(feed.stats().current_connections).toBe(1);
  stop();
  expect(await two.next()).toBeUndefined();
  expect(feed.stats().current_connections).toBe(0);
});

test("a bad request and a missing token are refused with a sentence", async () => {
  const { feed } = openFeed();
  const closed = openFeed({ mode: "token", tokens: [{ id: "a", token: "t" }] });

  const bad = feed.response(get("/api/events?since=yesterday"));
  const refused = closed.feed.response(get("/api/events"));
  const admitted = closed.feed.response(get("/api/events", { authorization: "Bearer t" }));

  expect([bad.status, refused.status, admitted.status]).toEqual([400, 401, 200]);
  expect(await bad.json()).toEqual({ error: '"since" takes the number of an event.' });
  expect(await admitted.text()).toBe("");
});
