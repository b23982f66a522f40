import type { LogFields } from "#ports/log.ts";
import type { Satellite, SatelliteListener } from "#ports/satellite.ts";
import { type SatelliteObserver, satelliteTransport } from "#transports/satellite.ts";
import { type SatelliteToken, satelliteAccess } from "#transports/satellite-identity.ts";
import { PolicyMeter } from "#transports/socket-policy.ts";
import { startServer } from "#web/server.ts";
import { FakeClock } from "./fake-clock.ts";
import { RecordingSatelliteListener } from "./recording-satellite-listener.ts";

/** One satellite as the hub met it. */
export interface MetSatellite {
  readonly satellite: Satellite;
  readonly listener: RecordingSatelliteListener;
}

export interface SatelliteServerOptions {
  readonly max?: number;
  /** Given: a token is required. */
  readonly tokens?: readonly SatelliteToken[];
  /** Called when a satellite has joined, before its listener is handed over. */
  onSatellite?(met: MetSatellite): void;
}

/** A real server with the satellite transport on a free port, a clock that stands still, and a hub that records. */
export function satelliteServer(options: SatelliteServerOptions = {}) {
  const clock = new FakeClock();
  const met: MetSatellite[] = [];
  /** What the observer was told, as `kind id detail`. */
  const observed: string[] = [];
  const lines: string[] = [];
  const waiting = new Set<() => void>();
  const changed = () => {
    for (const check of [...waiting]) check();
  };
  const note = (line: string) => {
    observed.push(line);
    changed();
  };
  const observer: SatelliteObserver = {
    connected: ({ id }) => note(`connected ${id}`),
    disconnected: ({ id }, { code, reason }) => note(`disconnected ${id} ${code} ${reason}`),
    clientStatus: ({ id }, { heap_free }) => note(`status ${id} ${heap_free}`),
    event: ({ id }, { source, action }) => note(`event ${id} ${source} ${action}`),
  };
  const record = (message: string, fields?: LogFields) =>
    void lines.push(JSON.stringify({ message, ...fields }));
  const log = { debug: record, info: record, warn: record, error: record };
  let ids = 0;

  const transport = satelliteTransport({
    clock,
    log,
    newId: (prefix) => `${prefix}-${++ids}`,
    access: satelliteAccess({
      mode: options.tokens === undefined ? "open" : "token",
      tokens: options.tokens ?? [],
    }),
    max: options.max ?? 100,
    observer,
    onSatellite(satellite): SatelliteListener {
      const listener = new RecordingSatelliteListener();
      const one = { satellite, listener };
      met.push(one);
      options.onSatellite?.(one);
      changed();
      return listener;
    },
  });
  const server = startServer({
    host: "127.0.0.1",
    port: 0,
    allowedHosts: [],
    allowedOrigins: [],
    endpoints: [transport.endpoint],
    fetch: () => new Response("page"),
    newMeter: (policy) => new PolicyMeter(policy, clock),
    clock,
    log,
  });

  function until(isThere: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const check = () => {
        if (!isThere()) return;
        waiting.delete(check);
        resolve();
      };
      waiting.add(check);
      check();
    });
  }

  return {
    clock,
    transport,
    met,
    observed,
    lines,
    port: server.port,
    url: `${server.url}/ws/satellite`,
    until,
    /** The n-th satellite that joined, counted from 0, once it has. */
    async joined(index: number): Promise<MetSatellite> {
      await until(() => met.length > index);
      const one = met[index];
      if (!one) throw new Error("it has joined");
      return one;
    },
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}
