import type { ServerWebSocket } from "bun";
import { type ParsedSatelliteText, parseSatelliteText, type ServerMessage } from "#protocol/satellite.ts";

interface LinkData {
  readonly link: FakeLink;
}

/** One satellite's connection as the fake hub sees it. */
export class FakeLink {
  readonly path: string;
  readonly authorization: string | null;
  /** Text messages in order, parsed as the hub parses them. */
  readonly messages: ParsedSatelliteText[] = [];
  /** Lengths in bytes of the binary messages in order. */
  readonly chunkBytes: number[] = [];
  readonly #audio: Uint8Array[] = [];
  readonly #changed: () => void;
  closed: { code: number; reason: string } | undefined;
  socket: ServerWebSocket<LinkData> | undefined;

  constructor(path: string, authorization: string | null, changed: () => void) {
    this.path = path;
    this.authorization = authorization;
    this.#changed = changed;
  }

  get audio(): Int16Array {
    return new Int16Array(new Uint8Array(Buffer.concat(this.#audio)).buffer);
  }

  received(message: string | Uint8Array): void {
    if (typeof message === "string") this.messages.push(parseSatelliteText(message));
    else {
      this.chunkBytes.push(message.byteLength);
      this.#audio.push(new Uint8Array(message));
    }
    this.#changed();
  }

  /** Payloads of the messages of one type, in order. */
  of(type: string): unknown[] {
    return this.messages.flatMap((parsed) =>
      parsed.ok && parsed.message.type === type ? [parsed.message.payload] : [],
    );
  }

  send(message: ServerMessage): void {
    this.socket?.sendText(JSON.stringify(message));
  }

  play(samples: Int16Array): void {
    this.socket?.sendBinary(samples);
  }
}

/**
 * A satellite endpoint that records what it receives and sends what a test tells it.
 *
 * `until` waits for a condition on the links and is checked on every message, so tests never wait for time.
 */
export function fakeHub(options: { accept?: (request: Request) => boolean } = {}) {
  const links: FakeLink[] = [];
  const waiting = new Set<() => void>();
  const changed = () => {
    for (const check of [...waiting]) check();
  };
  const server = Bun.serve<LinkData>({
    port: 0,
    hostname: "127.0.0.1",
    fetch(request, server) {
      if (options.accept && !options.accept(request)) return new Response("no", { status: 401 });
      const url = new URL(request.url);
      const link = new FakeLink(url.pathname + url.search, request.headers.get("authorization"), changed);
      return server.upgrade(request, { data: { link } }) ? undefined : new Response("no", { status: 400 });
    },
    websocket: {
      open(socket) {
        socket.data.link.socket = socket;
        links.push(socket.data.link);
        changed();
      },
      message(socket, message) {
        socket.data.link.received(typeof message === "string" ? message : new Uint8Array(message));
      },
      close(socket, code, reason) {
        socket.data.link.closed = { code, reason };
        changed();
      },
    },
  });
  return {
    url: `ws://127.0.0.1:${server.port}/ws/satellite`,
    links,
    /** Resolves with the newest link once there are `count`. */
    async link(count = 1): Promise<FakeLink> {
      await this.until(() => links.length >= count);
      const link = links[count - 1];
      if (!link) throw new Error("no link");
      return link;
    },
    until(condition: () => boolean): Promise<void> {
      return new Promise((resolve) => {
        const check = () => {
          if (!condition()) return;
          waiting.delete(check);
          resolve();
        };
        waiting.add(check);
        check();
      });
    },
    [Symbol.asyncDispose]: () => server.stop(true),
  };
}
