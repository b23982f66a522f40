import { expect, test } from "bun:test";
import { realClock } from "./sim-clock.ts";
import { fakeHub } from "./testing/fake-hub.ts";
import { openSocket, type SocketHandlers } from "./websocket-client.ts";

function recorder() {
  const closed = Promise.withResolvers<{ code: number; reason: string }>();
  const text = Promise.withResolvers<string>();
  const binary: number[] = [];
  const handlers: SocketHandlers = {
    onText: (message) => text.resolve(message),
    onBinary: (bytes) => {
      binary.push(bytes.byteLength);
    },
    onClose: (end) => closed.resolve(end),
  };
  return { handlers, closed: closed.promise, text: text.promise, binary };
}

const open = (url: string, handlers: SocketHandlers, signal: AbortSignal, headers = {}) =>
  openSocket({ url, headers, handlers, clock: realClock, signal });

test("messages of all sizes go both ways and headers reach the server", async () => {
  await using hub = fakeHub();
  const { handlers, text, closed } = recorder();
  const socket = await open(hub.url, handlers, new AbortController().signal, { Authorization: "Bearer t" });
  const link = await hub.link();

  socket.sendText('{"type":"session_end"}');
  for (const size of [1, 640, 70_000]) socket.sendBinary(new Uint8Array(size));
  link.socket?.sendText("hi");
  await hub.until(() => link.chunkBytes.length === 3);

  expect(await text).toBe("hi");
  expect(link.chunkBytes).toEqual([1, 640, 70_000]);
  expect(link.authorization).toBe("Bearer t");
  socket.close(1000, "done");
  expect(await closed).toEqual({ code: 1000, reason: "done" });
  await hub.until(() => link.closed !== undefined);
  expect(link.closed).toEqual({ code: 1000, reason: "done" });
});

test("a close by the server arrives with its code and reason", async () => {
  await using hub = fakeHub();
  const { handlers, closed } = recorder();
  await open(hub.url, handlers, new AbortController().signal);

  (await hub.link()).socket?.close(1013, "Service busy");

  expect(await closed).toEqual({ code: 1013, reason: "Service busy" });
});

test("a refused upgrade and a closed port are errors that say so", async () => {
  await using hub = fakeHub({ accept: () => false });
  const { handlers } = recorder();

  await expect(open(hub.url, handlers, new AbortController().signal)).rejects.toThrow("401");
  await expect(open("ws://127.0.0.1:1/", handlers, new AbortController().signal)).rejects.toThrow(
    "no connection to 127.0.0.1:1",
  );
});

test("a connection cut in half a frame ends on the server without that frame", async () => {
  await using hub = fakeHub();
  const { handlers, closed } = recorder();
  const socket = await open(hub.url, handlers, new AbortController().signal);
  const link = await hub.link();

  socket.cutInHalf(new Uint8Array(640));
  await hub.until(() => link.closed !== undefined);

  expect(link.chunkBytes).toEqual([]);
  expect((await closed).code).toBe(1006);
});

test("a frozen connection neither reads nor writes and stays open", async () => {
  await using hub = fakeHub();
  const frozen = recorder();
  const witness = recorder();
  const controller = new AbortController();
  const socket = await open(hub.url, frozen.handlers, controller.signal);
  const other = await open(hub.url, witness.handlers, controller.signal);
  const [link, witnessLink] = [await hub.link(1), await hub.link(2)];

  socket.freeze();
  link.play(new Int16Array(10));
  socket.sendBinary(new Uint8Array(10));
  // The witness's round trip is proof that anything on the frozen link would have arrived as well.
  other.sendText('{"type":"session_end"}');
  await hub.until(() => witnessLink.messages.length === 1);
  witnessLink.socket?.sendText("back");
  await witness.text;

  expect(link.chunkBytes).toEqual([]);
  expect(frozen.binary).toEqual([]);
  expect(link.closed).toBeUndefined();
  controller.abort();
  await hub.until(() => link.closed !== undefined);
});

test("a slow reader makes the server's send queue grow", async () => {
  await using hub = fakeHub();
  const { handlers } = recorder();
  const controller = new AbortController();
  const socket = await open(hub.url, handlers, controller.signal);
  const link = await hub.link();

  socket.limitReading(0);
  // More than loopback's own buffers hold, which were seen to take 4 MB on Linux 6.
  for (let i = 0; i < 12; i++) link.play(new Int16Array(500_000));

  expect(link.socket?.getBufferedAmount() ?? 0).toBeGreaterThan(0);
  controller.abort();
});
