import type { Hono } from "hono";
import { startEventBridge } from "#adapters/mqtt/event-bridge.ts";
import { openRollupStore } from "#adapters/sqlite/rollup-store.ts";
import type { DataDir } from "#adapters/system/data-dir.ts";
import { processFigures } from "#adapters/system/process-figures.ts";
import type { HubBus } from "#bus/bus.ts";
import { timeEvents } from "#bus/event-operations.ts";
import { createHubMetrics, type MetricSources } from "#bus/hub-metrics.ts";
import { createInstruments, type Instruments } from "#bus/instruments.ts";
import { observe } from "#bus/observe.ts";
import { MinuteRollups } from "#bus/rollups.ts";
import type { Config } from "#config/schema.ts";
import type { Clock } from "#ports/clock.ts";
import type { Journal } from "#ports/journal.ts";
import type { Log } from "#ports/log.ts";
import type { ProcessReading } from "#ports/process-figures.ts";
import type { Feed } from "#transports/feed.ts";

export interface ObservationDeps {
  readonly bus: HubBus;
  readonly journal: Journal;
  readonly feed: Feed;
  readonly satellites: MetricSources["satellites"];
  readonly clock: Clock;
  readonly log: Log;
  readonly dataDir: DataDir;
  /** The broker every stored event is published to; undefined for none. */
  readonly bridge: Config["events"]["bridge"];
}

/** The hub's instruments, and where they are read. */
export interface Observation extends AsyncDisposable {
  readonly instruments: Instruments;
  /** A commit of the journal took this long. */
  committed(tookMs: number): void;
  /** `/api/events`, `/metrics` and `/api/metrics/*`, all for whoever may read the events. */
  mount(app: Hono): void;
}

/** Observe the hub until disposed. */
export function startObservation(deps: ObservationDeps): Observation {
  const { bus, journal, feed, clock, log } = deps;
  const startedAt = clock.now();
  const stopping = new AbortController();
  const { signal } = stopping;
  const store = openRollupStore({ path: deps.dataDir.join("metrics.sqlite"), clock, log });
  const rollups = new MinuteRollups(() => clock.wallMs());
  const instruments = createInstruments({ bus, clock, onOperation: (operation) => rollups.add(operation) });
  timeEvents(bus, instruments, signal);

  let healthy = true;
  journal.watch(signal, ({ kind }) => {
    healthy = kind !== "refused";
  });
  let reading: ProcessReading | undefined;
  const metrics = createHubMetrics({
    bus,
    signal,
    wallMs: () => clock.wallMs(),
    uptimeMs: () => clock.now() - startedAt,
    satellites: deps.satellites,
    feed: () => feed.stats(),
    journal: () => ({ ...journal.waiting(), healthy }),
    reading: () => reading,
  });
  const figures = processFigures(clock);
  const observing = observe({
    bus,
    clock,
    instruments,
    figures,
    rollups,
    store,
    signal,
    onReading: (latest) => {
      reading = latest;
    },
  });

  const { bridge } = deps;
  const bridging =
    bridge &&
    startEventBridge({
      broker: bridge,
      hub: bridge.hub,
      journal,
      positionPath: deps.dataDir.join("bridge.json"),
      clock,
      log,
      onState: (state, reason) => {
        const detail = reason ?? null;
        bus.publish({ type: "provider_state", role: "events", engine: "mqtt bridge", state, detail });
      },
    });

  const refused = () =>
    Response.json({ error: "Reading this takes a token with the scope events:read." }, { status: 401 });
  return {
    instruments,
    committed(tookMs) {
      metrics.committed(tookMs);
      instruments.countOperation("journal", "commit", tookMs);
    },
    mount(app) {
      app.get("/api/events", (context) => feed.response(context.req.raw));
      app.get("/metrics", (context) => {
        if (!feed.mayRead(context.req.raw, "system_metrics")) return refused();
        const headers = {
          "content-type": "text/plain; version=0.0.4; charset=utf-8",
          "cache-control": "no-store",
        };
        return new Response(metrics.text(), { headers });
      });
      app.get("/api/metrics/summary", (context) => {
        if (!feed.mayRead(context.req.raw, "latency_trace")) return refused();
        const summary = {
          system_metrics: reading
            ? { memory_mb: reading.memoryMb, cpu_percent: reading.cpuPercent, gpu_vram_mb: null }
            : null,
          operation_timings: instruments.summary(),
          server_stats: feed.stats(),
        };
        return Response.json(summary, { headers: { "cache-control": "no-store" } });
      });
      app.get("/api/metrics/rollups", (context) => {
        if (!feed.mayRead(context.req.raw, "latency_trace")) return refused();
        const { operation, since, limit } = context.req.query();
        for (const [name, value] of Object.entries({ since, limit })) {
          if (value !== undefined && !/^\d{1,12}$/.test(value))
            return Response.json({ error: `"${name}" takes a whole number.` }, { status: 400 });
        }
        const found = store.read({
          operation: operation || undefined,
          since: since === undefined ? undefined : Number(since),
          limit: limit === undefined ? undefined : Number(limit),
        });
        return Response.json({ rollups: found }, { headers: { "cache-control": "no-store" } });
      });
    },
    async [Symbol.asyncDispose]() {
      stopping.abort();
      await bridging?.[Symbol.asyncDispose]();
      await observing;
      figures[Symbol.dispose]();
      store[Symbol.dispose]();
    },
  };
}
