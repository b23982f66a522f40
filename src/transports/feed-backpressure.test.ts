import { expect, test } from "bun:test";
import { openFeed } from "#testing/open-feed.ts";

/** An event of high priority. */
function started(id: string) {
  return { type: "conversation_start", conversation_id: id } as const;
}

/** The numbers of the events in frames: of live ones, and of those inside replays. */
function seqs(frames: readonly unknown[]): number[] {
  return frames.flatMap((frame) => {
    const { seq, events, type } = frame as { seq?: number; type: string; events?: { seq: number }[] };
    if (events) return events.map((event) => event.seq);
    return seq !== undefined && type !== "live" ? [seq] : [];
  });
}

test("a slow reader loses live-only events first and is told how many", async () => {
  const { bus, connect } = openFeed();
  const { socket, handler } = connect();
  socket.outcome = "congested";
  bus.publish(started("fills the buffer"));
  await Promise.resolve();

  for (let i = 0; i < 2000; i++) bus.publish({ type: "speech_start" });
  for (let i = 0; i < 10; i++) bus.publish({ type: "speech_start" });
  const durable = bus.publish(started("kept"));
  await Promise.resolve();
  socket.outcome = "sent";
  handler.drain();

  expect(socket.frames.slice(1)).toEqual([{ type: "dropped", count: 2010 }, durable]);
});

test("a reader too slow even for stored events is closed with the place to resume", async () => {
  const { bus, feed, clock, connect } = openFeed();
  const { socket, handler } = connect();
  socket.outcome = "congested";
  const last = bus.publish(started("delivered"));
  await Promise.resolve();

  for (let i = 0; i < 2001; i++) bus.publish(started(`c${i}`));
  await Promise.resolve();
  handler.close(1013, "");

  expect(socket.closed).toEqual({ code: 1013, reason: `reads too slowly; resume with since=${last.seq}` });
  expect(feed.stats().current_connections).toBe(0);
  const resumed = connect(`/events?since=${last.seq}`);
  await clock.advance(0);
  await clock.advance(0);
  expect(seqs(resumed.socket.frames)).toEqual(Array.from({ length: 2001 }, (_, i) => i + 2));
});

test("one slow reader delays nobody", async () => {
  const { bus, connect } = openFeed();
  const slow = connect();
  const fast = connect();
  slow.socket.outcome = "congested";

  const events = [1, 2, 3].map((n) => bus.publish(started(`c${n}`)));
  await Promise.resolve();

  expect(fast.socket.frames).toEqual(events);
  expect(slow.socket.frames).toHaveLength(1);
});
