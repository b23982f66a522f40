import { expect, test } from "bun:test";
import { EchoEndpoint, echoServer, TEST_POLICY } from "#testing/echo-server.ts";
import { RawPeer, SocketPeer } from "#testing/socket-peer.ts";
import { ListenError } from "./server.ts";

test("plain requests go to the app and upgrades to the endpoint that matches", async () => {
  const [one, two] = [new EchoEndpoint("one"), new EchoEndpoint("two")];
  await using server = echoServer(one, two).start();
  using peer = await SocketPeer.connect(`${server.url}/two`);

  peer.send("hello");
  await peer.until(({ received }) => received.length === 1);

  expect(peer.received).toEqual(["hello"]);
  expect([one.opened.length, two.opened.length]).toEqual([0, 1]);
  expect(server.connections).toBe(1);
  expect(await (await fetch(`${server.url}/anything`)).text()).toBe("page");
});

test("an upgrade nobody serves is 404 and a socket path without an upgrade is 426", async () => {
  await using server = echoServer(new EchoEndpoint("one")).start();

  using unknown = await RawPeer.connect(server.port, "/nowhere");
  const plain = await fetch(`${server.url}/one`);

  expect(unknown.response).toStartWith("HTTP/1.1 404");
  expect(plain.status).toBe(426);
  expect(plain.headers.get("upgrade")).toBe("websocket");
});

test("a taken port is refused with what to do about it", async () => {
  const { start } = echoServer(new EchoEndpoint("one"));
  await using first = start();

  const second = () => start(first.port);

  expect(second).toThrow(ListenError);
  expect(second).toThrow(
    `Port ${first.port} on 127.0.0.1 is taken by another program. Stop it, or set "server.port" to another port.`,
  );
});

test("a page of another site reaches neither pages nor sockets", async () => {
  const endpoint = new EchoEndpoint("one");
  await using server = echoServer(endpoint).start();

  const rebound = await fetch(server.url, { headers: { host: "evil.example" } });
  using foreign = await RawPeer.connect(server.port, "/one", "Origin: https://evil.example\r\n");

  expect(rebound.status).toBe(421);
  expect(foreign.response).toStartWith("HTTP/1.1 403");
  expect(endpoint.opened).toEqual([]);
});

test("a subprotocol is answered only when the endpoint chose it", async () => {
  const endpoint = new EchoEndpoint("one");
  await using server = echoServer(endpoint).start();
  const offer = "Sec-WebSocket-Protocol: arduino, hearth\r\n";

  using silent = await RawPeer.connect(server.port, "/one", offer);
  endpoint.decide = (accept) => (accept.kind === "accept" ? { ...accept, subprotocol: "hearth" } : accept);
  using chosen = await RawPeer.connect(server.port, "/one", offer);

  expect(silent.response).toStartWith("HTTP/1.1 101");
  expect(silent.response.toLowerCase()).not.toContain("sec-websocket-protocol");
  expect(chosen.response).toContain("Sec-WebSocket-Protocol: hearth\r\n");
});

test("an endpoint refuses with an HTTP status or with a close code", async () => {
  const endpoint = new EchoEndpoint("one");
  await using server = echoServer(endpoint).start();

  endpoint.decide = () => ({ kind: "refuse", status: 401, message: "Show a token." });
  using refused = await RawPeer.connect(server.port, "/one");
  endpoint.decide = () => ({ kind: "close", code: 4401, reason: "unauthorised" });
  using closed = await SocketPeer.connect(`${server.url}/one`);

  expect(refused.response).toStartWith("HTTP/1.1 401");
  expect(await closed.closed).toEqual({ code: 4401, reason: "unauthorised" });
});

test("a socket that does not authenticate in time is closed with 4401, one that does stays", async () => {
  const endpoint = new EchoEndpoint("one");
  endpoint.decide = (accept) => (accept.kind === "accept" ? { ...accept, authenticated: false } : accept);
  endpoint.onText = (text, socket) => {
    socket.authenticated();
    socket.send(text);
  };
  const { clock, start } = echoServer(endpoint);
  await using server = start();
  using known = await SocketPeer.connect(`${server.url}/one`);
  using stranger = await SocketPeer.connect(`${server.url}/one`);
  known.send("token");
  await known.until(({ received }) => received.length === 1);

  await clock.advance(TEST_POLICY.authDeadlineMs);
  const end = await stranger.closed;
  known.send("again");
  await known.until(({ received }) => received.length === 2);

  expect(end).toEqual({ code: 4401, reason: "not authenticated in time" });
  expect(clock.sleeping).toBe(0);
});

test("a handler that throws costs its own socket only, and its message stays out of the log", async () => {
  const endpoint = new EchoEndpoint("one");
  endpoint.onText = (text, socket) => {
    if (text === "bug") throw new RangeError("said in the kitchen");
    socket.send(text);
  };
  const { lines, start } = echoServer(endpoint);
  await using server = start();
  using broken = await SocketPeer.connect(`${server.url}/one`);
  using other = await SocketPeer.connect(`${server.url}/one`);

  broken.send("bug");
  const end = await broken.closed;
  other.send("fine");
  await other.until(({ received }) => received.length === 1);

  expect(end).toEqual({ code: 1011, reason: "internal error" });
  expect(lines).toEqual([
    {
      message: "a socket handler failed",
      fields: { endpoint: "one", error: "RangeError", at: expect.stringContaining("server.test.ts") },
    },
  ]);
});

test("more sockets than there is room for are refused with 503", async () => {
  await using server = echoServer(new EchoEndpoint("one")).start();
  using peers = new DisposableStack();
  for (let i = 0; i < 10; i++) peers.use(await SocketPeer.connect(`${server.url}/one`));

  using refused = await RawPeer.connect(server.port, "/one");

  expect(refused.response).toStartWith("HTTP/1.1 503");
});

test("stopping closes every socket with 1001, tells its handler, and frees the port", async () => {
  const endpoint = new EchoEndpoint("one");
  const { start } = echoServer(endpoint);
  const server = start();
  using peer = await SocketPeer.connect(`${server.url}/one`);

  await server[Symbol.asyncDispose]();
  await using next = start(server.port);

  expect((await peer.closed).code).toBe(1001);
  expect((await endpoint.opened[0]?.closed)?.code).toBe(1001);
  expect(server.connections).toBe(0);
  expect(next.port).toBe(server.port);
});
