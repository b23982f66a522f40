import type { Server, ServerWebSocket } from "bun";
import type { Clock } from "#ports/clock.ts";
import type { Log } from "#ports/log.ts";
import type { SocketEndpoint, SocketMeter, SocketPolicy } from "#ports/socket.ts";
import { LiveSocket, type SocketData } from "./live-socket.ts";
import { guardRequest, type RequestGuardOptions } from "./request-guard.ts";

export interface ServerOptions extends RequestGuardOptions {
  /** Address to bind, for example `127.0.0.1` or `0.0.0.0`. */
  readonly host: string;
  /** 0 lets the system choose; `HubServer.port` tells. */
  readonly port: number;
  readonly tls?: { readonly cert: string; readonly key: string };
  /** Asked in this order for every upgrade. */
  readonly endpoints: readonly SocketEndpoint[];
  /** Answers everything that is not an upgrade; a Hono app's `fetch`. */
  fetch(request: Request): Response | Promise<Response>;
  /** A meter for one new socket of a class. */
  newMeter(policy: SocketPolicy): SocketMeter;
  readonly clock: Clock;
  readonly log: Log;
  /**
   * Sockets open at once, all classes together; more are refused with 503. Default 2000, four times the 500
   * satellites the hub is measured for and below the usual 4096 file descriptors.
   */
  readonly maxSockets?: number;
  /** Largest HTTP request body in bytes. Default 1 MiB. */
  readonly maxRequestBytes?: number;
}

/** A listening server. Disposing closes every socket with 1001 and stops listening. */
export interface HubServer extends AsyncDisposable {
  readonly host: string;
  readonly port: number;
  /** `http://host:port` or `https://…`, an address that reaches it from this machine. */
  readonly url: string;
  /** WebSockets open now. */
  readonly connections: number;
}

/** The server could not listen. The message is a sentence for the owner, with what to do. */
export class ListenError extends Error {
  override readonly name = "ListenError";
}

/**
 * Listen for HTTP and WebSockets on one port.
 *
 * Bun's limits are per server, so they are set to the largest (or for silence the shortest) of all classes, and
 * `LiveSocket` keeps each class's own.
 *
 * @throws {ListenError} when the address cannot be bound.
 */
export function startServer(options: ServerOptions): HubServer {
  const sockets = new Set<LiveSocket>();
  const server = listen(options, sockets);
  const { port } = server;
  if (port === undefined) throw new ListenError(`The server has no port on ${options.host}.`);
  const reachable = options.host === "0.0.0.0" ? "127.0.0.1" : options.host === "::" ? "::1" : options.host;
  const authority = reachable.includes(":") ? `[${reachable}]` : reachable;

  return {
    host: options.host,
    port,
    url: `${options.tls ? "https" : "http"}://${authority}:${port}`,
    get connections() {
      return sockets.size;
    },
    async [Symbol.asyncDispose]() {
      for (const socket of [...sockets]) socket.close(1001, "the hub is shutting down");
      await server.stop(true);
    },
  };
}

function listen(options: ServerOptions, sockets: Set<LiveSocket>): Server<SocketData> {
  const policies = options.endpoints.map((endpoint) => endpoint.policy);
  const idleTimeoutMs = Math.min(...policies.map((policy) => policy.idleTimeoutMs), 120_000);
  try {
    return Bun.serve<SocketData>({
      hostname: options.host,
      port: options.port,
      ...(options.tls === undefined ? {} : { tls: options.tls }),
      maxRequestBodySize: options.maxRequestBytes ?? 1024 * 1024,
      fetch: (request, server) => answer(request, server, options, sockets),
      error: () => Response.json({ error: "The hub could not answer this request." }, { status: 500 }),
      websocket: {
        maxPayloadLength: Math.max(...policies.map((policy) => policy.maxPayloadBytes), 1024),
        // Twice: a class closes its sockets with 1013 at its limit, Bun's own close (1006) is the net below.
        backpressureLimit: 2 * Math.max(...policies.map((policy) => policy.backpressureBytes), 1024),
        closeOnBackpressureLimit: true,
        // Bun 1.4 counts in steps of 4 s from 8 s on, and pings 4 s before the end.
        idleTimeout: Math.max(8, Math.ceil(idleTimeoutMs / 1000)),
        sendPings: true,
        open: (socket) => opened(socket, options, sockets),
        message: (socket, message) => socket.data.live?.received(message),
        drain: (socket) => socket.data.live?.drained(),
        ping: (socket, payload) => socket.data.live?.control(payload.byteLength),
        pong: (socket, payload) => socket.data.live?.control(payload.byteLength),
        close(socket, code, reason) {
          const { live } = socket.data;
          if (!live) return;
          sockets.delete(live);
          live.closed(code, reason);
        },
      },
    });
  } catch (cause) {
    throw new ListenError(listenProblem(cause, options), { cause });
  }
}

function listenProblem(cause: unknown, { host, port }: ServerOptions): string {
  const code = cause instanceof Error && "code" in cause ? cause.code : undefined;
  if (code === "EADDRINUSE") {
    return `Port ${port} on ${host} is taken by another program. Stop it, or set "server.port" to another port.`;
  }
  if (code === "EACCES") {
    return `This user may not listen on port ${port}. Set "server.port" to a port above 1023.`;
  }
  return `Cannot listen on ${host}:${port}. Set "server.host" to an address of this machine.`;
}

function opened(socket: ServerWebSocket<SocketData>, options: ServerOptions, sockets: Set<LiveSocket>): void {
  const live = new LiveSocket(socket);
  socket.data.live = live;
  sockets.add(live);
  const { decision, policy } = socket.data;
  if (decision.kind === "accept" && !decision.authenticated) {
    options.clock.sleep(policy.authDeadlineMs, live.authenticatedOrGone).then(
      () => live.close(4401, "not authenticated in time"),
      () => undefined,
    );
  }
  live.opened();
}

function answer(
  request: Request,
  server: Server<SocketData>,
  options: ServerOptions,
  sockets: ReadonlySet<LiveSocket>,
): Response | Promise<Response> | undefined {
  const verdict = guardRequest(request.headers, options);
  if (!verdict.ok) return Response.json({ error: verdict.message }, { status: verdict.status });

  const url = new URL(request.url);
  const endpoint = options.endpoints.find((candidate) => candidate.matches(url, request.headers));
  const wantsSocket = request.headers.get("upgrade")?.toLowerCase() === "websocket";
  if (!wantsSocket) {
    if (!endpoint || url.pathname === "/") return options.fetch(request);
    const error = "This address speaks WebSocket only.";
    return Response.json({ error }, { status: 426, headers: { upgrade: "websocket" } });
  }
  if (!endpoint) {
    return Response.json({ error: "There is no WebSocket at this address." }, { status: 404 });
  }
  if (sockets.size >= (options.maxSockets ?? 2000)) {
    return Response.json({ error: "The hub has no room for another connection." }, { status: 503 });
  }

  const remoteAddress = (server.requestIP(request)?.address ?? "unknown").replace(/^::ffff:/, "");
  const { headers } = request;
  const decision = endpoint.accept({ url, headers, remoteAddress });
  if (decision.kind === "refuse") {
    return Response.json({ error: decision.message }, { status: decision.status });
  }
  const subprotocol = decision.kind === "accept" ? (decision.subprotocol ?? "") : "";
  const upgraded = server.upgrade(request, {
    data: {
      endpoint: endpoint.name,
      policy: endpoint.policy,
      meter: options.newMeter(endpoint.policy),
      remoteAddress,
      decision,
      log: options.log,
      live: undefined,
    },
    // Left to itself Bun 1.4 accepts the client's first offer, whatever it is; an empty header answers none.
    headers: { "sec-websocket-protocol": subprotocol },
  });
  if (upgraded) return undefined;
  return Response.json({ error: "This is not a WebSocket handshake." }, { status: 400 });
}
