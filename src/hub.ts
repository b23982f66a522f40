import { findModels, modelRoots } from "#adapters/models/resolve.ts";
import { openJournal } from "#adapters/sqlite/journal.ts";
import type { DataDir } from "#adapters/system/data-dir.ts";
import { systemLocalTime } from "#adapters/system/local-time.ts";
import { newId } from "#adapters/system/new-id.ts";
import { createAssistant } from "#assistant/assistant.ts";
import { englishCommands } from "#assistant/command-grammar.ts";
import { ringText } from "#assistant/intents/timer-words.ts";
import { createLocalIntents } from "#assistant/local-intents.ts";
import { createTimers, type Timer, type Timers } from "#assistant/timers.ts";
import { createBus, type HubBus } from "#bus/bus.ts";
import type { Config } from "#config/schema.ts";
import { Cancelled } from "#core/faults.ts";
import { toJsgf } from "#core/grammar-export.ts";
import { OwnVoice } from "#pipeline/own-voice.ts";
import type { Clock } from "#ports/clock.ts";
import type { Log } from "#ports/log.ts";
import { createFeed } from "#transports/feed.ts";
import { satelliteTransport } from "#transports/satellite.ts";
import { satelliteAccess } from "#transports/satellite-identity.ts";
import { PolicyMeter } from "#transports/socket-policy.ts";
import { createApp } from "#web/app.ts";
import { healthReport } from "#web/health.ts";
import { startServer } from "#web/server.ts";
import { type HubEngines, startEngines } from "./hub-engines.ts";
import { type Observation, startObservation } from "./hub-observation.ts";
import { createSessions } from "./hub-satellites.ts";
import { startWake } from "./hub-wake.ts";
import { journalThread } from "./journal-thread.ts";

/** What a hub is made of that it does not make itself. */
export interface HubOptions {
  readonly config: Config;
  readonly dataDir: DataDir;
  readonly version: string;
  /** The command that runs this executable's engine host. */
  readonly engineHostCommand: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  /** A further folder of models, when running from source. */
  readonly sharedModels: string | undefined;
  readonly clock: Clock;
  readonly log: Log;
}

/** A running hub. Disposing lets the sessions end, then stops every part in the reverse order of its start. */
export interface Hub extends AsyncDisposable {
  readonly port: number;
  readonly httpUrl: string;
  readonly satelliteUrl: string;
  readonly eventsUrl: string;
  readonly bus: HubBus;
  readonly engines: HubEngines;
}

const DAY_MS = 86_400_000;
const MIB = 1024 * 1024;
// Satellites that waited for the hub have said hello by then.
const WARM_UP_MS = 500;

/**
 * Build and wire every part, in dependency order.
 *
 * If one fails to start, those already started are stopped again before the error leaves this function: a hub is
 * whole or it does not exist.
 *
 * @throws {ListenError} when the address is taken; whatever a part throws that cannot start.
 */
export async function startHub(options: HubOptions): Promise<Hub> {
  const { config, clock, log, dataDir } = options;
  const startedAt = clock.now();
  await using starting = new AsyncDisposableStack();

  let observation: Observation | undefined;
  const journal = starting.use(
    await openJournal({
      path: dataDir.join("events.sqlite"),
      clock,
      log,
      retention: { maxAgeMs: config.journal.retention_days * DAY_MS, maxBytes: config.journal.max_mb * MIB },
      newWriter: journalThread,
      onCommit: (tookMs) => observation?.committed(tookMs),
    }),
  );
  const bus = createBus({ journal, clock, log, onInvalid: "report" });

  const commands = englishCommands();
  const localTime = systemLocalTime(config.assistant.time_zone);
  const places = { env: options.env, dataDir: dataDir.path, sharedDir: options.sharedModels };
  const models = findModels(places);
  const engines = starting.use(
    startEngines({
      config,
      clock,
      log,
      bus,
      engineHostCommand: options.engineHostCommand,
      models,
      cacheDir: dataDir.join("cache"),
      voicesDir: modelRoots(places)[0] ?? dataDir.join("models"),
      commandGrammar: () => toJsgf(commands.grammar),
      vocabulary: { grammar: commands.source },
    }),
  );

  const wake = await startWake({ config, dataDir, models, hearing: engines.hearing, log });
  const timers = starting.use(createTimers({ clock, newId, log, onRing: (timer) => ring(timer) }));
  const core = createAssistant({
    model: undefined,
    localIntents: createLocalIntents({
      commands,
      clock,
      timers: published(timers, bus),
      localTime,
      hourCycle: config.assistant.clock,
    }),
  });

  const sessions = createSessions(
    config,
    {
      clock,
      log,
      newId,
      core,
      hearing: wake.hearing,
      stt: engines.stt,
      tts: engines.tts,
      ownVoice: new OwnVoice(clock),
      publish: (draft) => void bus.publish(draft),
    },
    bus,
  );
  function ring(timer: Timer): void {
    bus.publish({ type: "timer_rang", ...described(timer) });
    sessions.find(timer.satelliteId)?.announce(ringText(timer));
  }

  const satellites = satelliteTransport({
    clock,
    log,
    newId,
    max: config.satellites.max,
    access: satelliteAccess({ mode: config.security.satellites, tokens: config.security.satellite_tokens }),
    observer: sessions.observer,
    onSatellite: (satellite) => sessions.open(satellite),
  });
  const stopping = new AbortController();
  starting.defer(() => stopping.abort(new Cancelled("shutdown")));
  const feed = createFeed({
    bus,
    journal,
    clock,
    log,
    access: { mode: config.security.events, tokens: config.security.feed_tokens },
    signal: stopping.signal,
  });
  const app = createApp({
    log,
    health: () =>
      healthReport(
        {
          version: options.version,
          providers: { ...engines.health(), llm: { provider: "intents", status: "ok" } },
          memory: { facts_count: 0, has_conversations: false },
          tools: [],
          skills: [],
          transport: {
            enabled: true,
            transports: ["satellite", "feed"],
            connections: satellites.connected().length,
          },
        },
        engines.problems,
      ),
  });
  observation = starting.use(
    startObservation({
      bus,
      journal,
      feed,
      satellites: () => satellites.connected(),
      clock,
      log,
      dataDir,
      bridge: config.events.bridge,
    }),
  );
  observation.mount(app);
  wake.mount(app);
  const server = starting.use(
    startServer({
      host: config.server.host,
      port: config.server.port,
      endpoints: [satellites.endpoint, feed.endpoint],
      fetch: app.fetch,
      newMeter: (policy) => new PolicyMeter(policy, clock),
      allowedHosts: config.server.allowed_hosts,
      allowedOrigins: config.server.allowed_origins,
      clock,
      log,
    }),
  );
  starting.defer(() => sessions.shutdown());
  starting.defer(() => {
    bus.publish({
      type: "system_info",
      data: { event: "shutdown", uptime_seconds: (clock.now() - startedAt) / 1000 },
    });
  });
  bus.publish({ type: "system_info", data: { event: "startup", version: options.version } });

  // What a turn needs and the start did not wait for; a turn that comes earlier makes it itself.
  const warmUp = () => [commands.grammar, localTime.at(clock.wallMs())];
  clock.sleep(WARM_UP_MS, stopping.signal).then(warmUp, () => undefined);

  const running = starting.move(); // from here on, the caller owns them
  const ws = server.url.replace(/^http/, "ws");
  return {
    port: server.port,
    httpUrl: server.url,
    satelliteUrl: `${ws}/ws/satellite`,
    eventsUrl: `${ws}/events`,
    bus,
    engines,
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

/** The timers, with everything that is set or cancelled told to the bus. */
function published(timers: Timers, bus: HubBus): Timers {
  const running = new Map<string, Timer>();
  return {
    ...timers,
    set(request) {
      const timer = timers.set(request);
      if (!timer) return undefined;
      running.set(timer.id, timer);
      bus.publish({ type: "timer_set", ...described(timer) });
      return timer;
    },
    cancel(id) {
      const timer = running.get(id);
      const cancelled = timers.cancel(id);
      running.delete(id);
      if (cancelled && timer) bus.publish({ type: "timer_cancelled", ...described(timer) });
      return cancelled;
    },
  };
}

function described(timer: Timer) {
  return {
    satellite_id: timer.satelliteId,
    timer_id: timer.id,
    name: timer.name ?? null,
    duration_ms: timer.durationMs,
  };
}
