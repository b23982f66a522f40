import { expect, test } from "bun:test";
import { EchoEndpoint, echoServer, TEST_POLICY } from "#testing/echo-server.ts";
import { RawPeer, SocketPeer } from "#testing/socket-peer.ts";

test("a message too big for its class is closed with 1009, whether Bun or the class finds it", async () => {
  const [small, large] = [new EchoEndpoint("small"), new EchoEndpoint("large", { maxPayloadBytes: 16_384 })];
  await using server = echoServer(small, large).start();
  using overClass = await SocketPeer.connect(`${server.url}/small`);
  using overServer = await SocketPeer.connect(`${server.url}/large`);

  overClass.send(new Uint8Array(4097));
  overServer.send(new Uint8Array(1024 * 1024));

  expect((await overClass.closed).code).toBe(1009);
  expect((await overServer.closed).code).toBe(1009);
  expect(await small.opened[0]?.closed).toEqual({ code: 1009, reason: "message too big" });
  expect(await large.opened[0]?.closed).toEqual({ code: 1009, reason: "message too big" });
});

test("a flood is closed with 1008 and its neighbour goes on", async () => {
  const endpoint = new EchoEndpoint("one");
  await using server = echoServer(endpoint).start();
  using calm = await SocketPeer.connect(`${server.url}/one`);
  using flooding = await SocketPeer.connect(`${server.url}/one`);

  for (let i = 0; i < 51; i++) flooding.send("x");
  const end = await flooding.closed;
  calm.send("still here");
  await calm.until(({ received }) => received.length === 1);

  expect(end).toEqual({ code: 1008, reason: "too many messages per second" });
  expect(flooding.received).toHaveLength(50);
});

test("a flood of pings is closed like one of messages", async () => {
  const endpoint = new EchoEndpoint("one");
  await using server = echoServer(endpoint).start();
  using flooding = await RawPeer.connect(server.port, "/one");

  // FIN + ping, masked, empty payload, key 0.
  const ping = Buffer.from([0x89, 0x80, 0, 0, 0, 0]);
  flooding.socket.write(Buffer.concat(Array.from({ length: 60 }, () => ping)));

  expect(await endpoint.opened[0]?.closed).toEqual({ code: 1008, reason: "too many messages per second" });
});

test("a reader that stops is closed with 1013 at its class's limit and its neighbour is served", async () => {
  const endpoint = new EchoEndpoint("one");
  await using server = echoServer(
    endpoint,
    new EchoEndpoint("large", { backpressureBytes: 8_000_000 }),
  ).start();
  using stalled = await RawPeer.connect(server.port, "/one");
  stalled.socket.pause();
  using reading = await SocketPeer.connect(`${server.url}/one`);
  const [slow, fast] = endpoint.opened;
  if (!slow || !fast) throw new Error("both sockets are open");

  const outcomes: string[] = [];
  let mostWaiting = 0;
  while (outcomes.at(-1) !== "dropped") {
    outcomes.push(slow.socket.send(new Uint8Array(1024)));
    mostWaiting = Math.max(mostWaiting, slow.socket.bufferedBytes);
  }
  fast.socket.send("speech");
  await reading.until(({ received }) => received.length === 1);

  expect(outcomes).toContain("congested");
  expect(mostWaiting).toBeLessThanOrEqual(TEST_POLICY.backpressureBytes + 1024);
  expect(await slow.closed).toEqual({ code: 1013, reason: "reads too slowly" });
  expect(slow.socket.send("x")).toBe("dropped");
  expect(slow.socket.bufferedBytes).toBe(0);
});

test("a congested socket drains once its reader catches up", async () => {
  const endpoint = new EchoEndpoint("one", { backpressureBytes: 1024 * 1024 });
  await using server = echoServer(endpoint).start();
  using reader = await RawPeer.connect(server.port, "/one");
  reader.socket.pause();
  const opened = endpoint.opened[0];
  if (!opened) throw new Error("the socket is open");
  let sent = 0;
  while (opened.socket.send(new Uint8Array(1022)) !== "congested") sent += 1;

  const expected = (sent + 1) * (1022 + 4);
  let received = 0;
  await new Promise<void>((resolve) => {
    reader.socket.on("data", (data: Buffer) => {
      received += data.byteLength;
      if (received >= expected) resolve();
    });
    reader.socket.resume();
  });
  // The next event on the socket comes after the drain.
  reader.socket.write(Buffer.from([0x88, 0x80, 0, 0, 0, 0]));
  await opened.closed;

  expect(received).toBe(expected);
  expect(opened.drains).toBe(1);
});

test("a peer that vanishes without a word is lost within 10 s", async () => {
  const endpoint = new EchoEndpoint("one");
  await using server = echoServer(endpoint).start();
  // It never answers a ping, as a satellite behind a dead access point.
  using _mute = await RawPeer.connect(server.port, "/one");
  const startedAt = performance.now();

  const end = await endpoint.opened[0]?.closed;

  expect(end).toEqual({ code: 1006, reason: "timed out" });
  expect(performance.now() - startedAt).toBeLessThan(10_000);
}, 15_000);
