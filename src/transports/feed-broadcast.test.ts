import { expect, test } from "bun:test";
import { openFeed } from "#testing/open-feed.ts";

function started(id: string) {
  return { type: "conversation_start", conversation_id: id } as const;
}

test("readers of everything, of something and of nothing each get what they want, in order, however it is sent", async () => {
  const { bus, connect, feed } = openFeed();
  const all = Array.from({ length: 5 }, () => connect("/events").socket);
  const some = connect("/events?types=stt_*").socket;
  const stored = connect("/events?ephemeral=0").socket;

  const first = [bus.publish(started("a")), bus.publish({ type: "speech_start" })];
  await Promise.resolve();
  const late = connect("/events?limit=0").socket;
  const second = [bus.publish({ type: "stt_error", error: "e" }), bus.publish(started("b"))];
  await Promise.resolve();

  for (const socket of all) expect(socket.frames).toEqual([...first, ...second]);
  expect(some.frames).toEqual(second.slice(0, 1));
  expect(stored.frames).toEqual([first[0], ...second]);
  expect(late.frames).toEqual(second);
  expect(feed.stats().events_sent).toBe(5 * 4 + 1 + 3 + 2);
});

test("who becomes slow among those that share loses nothing, and shares again when it keeps up", async () => {
  const { bus, connect } = openFeed();
  const readers = Array.from({ length: 6 }, () => connect());
  const events = [bus.publish(started("shared"))];
  await Promise.resolve();
  const slow = readers[3];

  if (slow) slow.socket.outcome = "congested";
  events.push(bus.publish(started("waits")), bus.publish(started("waits too")));
  await Promise.resolve();
  const meanwhile = slow?.socket.frames.length;
  if (slow) slow.socket.outcome = "sent";
  slow?.handler.drain();
  events.push(bus.publish(started("shared again")));
  await Promise.resolve();

  expect(meanwhile).toBe(1);
  for (const { socket } of readers) expect(socket.frames).toEqual(events);
});

test("a reader that leaves or changes its filter is not sent what it no longer wants", async () => {
  const { bus, connect } = openFeed();
  const readers = Array.from({ length: 6 }, () => connect());
  const shared = bus.publish(started("shared"));
  await Promise.resolve();

  readers[1]?.say({ type: "unsubscribe" });
  readers[2]?.say({ type: "subscribe", types: ["stt_*"] });
  bus.publish(started("for the others"));
  await Promise.resolve();

  const conversations = (index: number) =>
    readers[index]?.socket.frames.filter((frame) => (frame as { type: string }).type === shared.type).length;
  expect([0, 1, 2, 3].map(conversations)).toEqual([2, 1, 1, 2]);
});
