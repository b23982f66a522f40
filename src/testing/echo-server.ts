import type { LogFields } from "#ports/log.ts";
import type {
  Socket,
  SocketDecision,
  SocketEndpoint,
  SocketHandler,
  SocketPolicy,
  SocketRequest,
} from "#ports/socket.ts";
import { PolicyMeter } from "#transports/socket-policy.ts";
import { type HubServer, startServer } from "#web/server.ts";
import { FakeClock } from "./fake-clock.ts";

/** Limits small enough to be reached in a test. */
export const TEST_POLICY: SocketPolicy = {
  name: "test",
  maxPayloadBytes: 4096,
  bytesPerSecond: 10_000,
  burstBytes: 20_000,
  messagesPerSecond: 100,
  burstMessages: 50,
  backpressureBytes: 64 * 1024,
  idleTimeoutMs: 8_000,
  authDeadlineMs: 5_000,
};

export interface Opened {
  readonly socket: Socket;
  readonly closed: Promise<{ code: number; reason: string }>;
  readonly drains: number;
}

/** An endpoint at `/<name>` that echoes text, and keeps what it opened. */
export class EchoEndpoint implements SocketEndpoint {
  readonly policy: SocketPolicy;
  readonly name: string;
  readonly opened: Opened[] = [];
  decide: (accept: SocketDecision, request: SocketRequest) => SocketDecision = (accept) => accept;
  onText: (text: string, socket: Socket) => void = (text, socket) => void socket.send(text);

  constructor(name: string, limits: Partial<SocketPolicy> = {}) {
    this.name = name;
    this.policy = { ...TEST_POLICY, name, ...limits };
  }

  matches(url: URL): boolean {
    return url.pathname === `/${this.name}`;
  }

  accept(request: SocketRequest): SocketDecision {
    const open = (socket: Socket): SocketHandler => {
      const { promise, resolve } = Promise.withResolvers<{ code: number; reason: string }>();
      const opened = { socket, closed: promise, drains: 0 };
      this.opened.push(opened);
      return {
        text: (text) => this.onText(text, socket),
        binary: () => undefined,
        drain: () => {
          opened.drains += 1;
        },
        close: (code, reason) => resolve({ code, reason }),
      };
    };
    return this.decide({ kind: "accept", authenticated: true, open }, request);
  }
}

/** A server with these endpoints, a clock that stands still, and everything it logs. `start` may be called again. */
export function echoServer(...endpoints: EchoEndpoint[]) {
  const clock = new FakeClock();
  const lines: { message: string; fields: LogFields | undefined }[] = [];
  const record = (message: string, fields?: LogFields) => void lines.push({ message, fields });
  const start = (port = 0): HubServer =>
    startServer({
      host: "127.0.0.1",
      port,
      allowedHosts: [],
      allowedOrigins: [],
      endpoints,
      fetch: () => new Response("page"),
      newMeter: (limits) => new PolicyMeter(limits, clock),
      clock,
      log: { debug: record, info: record, warn: record, error: record },
      maxSockets: 10,
    });
  return { clock, lines, start };
}
