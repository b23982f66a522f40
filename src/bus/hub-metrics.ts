import type { EventBus } from "#ports/event-bus.ts";
import type { JournalWaiting } from "#ports/journal.ts";
import type { ProcessReading } from "#ports/process-figures.ts";
import type { SatelliteStatus } from "#ports/satellite.ts";
import type { BusStats } from "./bus.ts";
import { Metrics, type Sample } from "./metrics.ts";

/** A connected satellite, as far as it is counted. */
interface CountedSatellite {
  readonly id: string;
  status(): SatelliteStatus;
}

/** What is asked when somebody reads the metrics; all of it answers at once. */
export interface MetricSources {
  readonly bus: EventBus & { stats(): BusStats };
  wallMs(): number;
  /** Milliseconds since the hub began. */
  uptimeMs(): number;
  satellites(): readonly CountedSatellite[];
  feed(): {
    readonly current_connections: number;
    readonly events_sent: number;
    readonly errors: number;
    readonly events_dropped: number;
    readonly readers_overrun: number;
  };
  journal(): JournalWaiting & { readonly healthy: boolean };
  /** Undefined before the first. */
  reading(): ProcessReading | undefined;
  readonly signal: AbortSignal;
}

/** The hub's metrics as text, and what they are told besides what the bus says. */
export interface HubMetrics {
  /** Prometheus' text format 0.0.4. */
  text(): string;
  /** A commit of the journal took this long. */
  committed(tookMs: number): void;
}

/** The stages of a turn; a stage that is not listed counts as `other`. */
const SEGMENTS = ["wait", "speak", "endpoint", "transcribe", "think", "synthesise", "send", "reply"];
/** From one frame to the deadline of a turn, in seconds. */
const TURN_BOUNDS = [0.02, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 30];
/** From a fast disk to one that is about to fail, in seconds. */
const COMMIT_BOUNDS = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 1];
const ENGINE_STATES = ["ready", "starting", "restarting", "unavailable"] as const;

/** Count what the bus says from now on. */
export function createHubMetrics(sources: MetricSources): HubMetrics {
  const metrics = new Metrics();
  countTurns(metrics, sources);
  countEngines(metrics, sources);
  countSatellites(metrics, sources);
  const gauge = (name: string, help: string, ask: () => number | undefined) =>
    metrics.asked("gauge", name, help, () => one(ask()));
  const counter = (name: string, help: string, ask: () => number) =>
    metrics.asked("counter", name, help, () => one(ask()));

  gauge("hearth_uptime_seconds", "Time since the hub began.", () => sources.uptimeMs() / 1000);
  gauge("process_resident_memory_bytes", "Resident memory of the hub's process.", () => {
    const reading = sources.reading();
    return reading && reading.memoryMb * 1024 * 1024;
  });
  gauge("hearth_cpu_ratio", "CPU of the hub's process over the last 5 s; 1 is one core.", () => {
    const reading = sources.reading();
    return reading && reading.cpuPercent / 100;
  });
  gauge(
    "hearth_event_loop_delay_p99_seconds",
    "Delay of the event loop over the last 5 s, 99th percentile.",
    () => {
      const reading = sources.reading();
      return reading && reading.loopDelay.p99Ms / 1000;
    },
  );
  gauge("hearth_event_loop_delay_max_seconds", "Longest delay of the event loop over the last 5 s.", () => {
    const reading = sources.reading();
    return reading && reading.loopDelay.maxMs / 1000;
  });

  gauge("hearth_feed_subscribers", "Readers of the event feed.", () => sources.feed().current_connections);
  counter("hearth_feed_frames_sent_total", "Frames sent to readers.", () => sources.feed().events_sent);
  counter("hearth_feed_errors_total", "Messages of readers not understood.", () => sources.feed().errors);
  counter(
    "hearth_feed_events_dropped_total",
    "Live-only events that slow readers missed.",
    () => sources.feed().events_dropped,
  );
  counter(
    "hearth_feed_overruns_total",
    "Readers sent away to resume, because they read too slowly.",
    () => sources.feed().readers_overrun,
  );

  gauge("hearth_journal_healthy", "1 while the journal can write to its disk.", () =>
    sources.journal().healthy ? 1 : 0,
  );
  gauge("hearth_journal_waiting_events", "Events not on disk yet.", () => sources.journal().events);
  gauge("hearth_journal_durable_lag_seconds", "Age of the oldest event that is not on disk yet.", () => {
    const { oldestTime } = sources.journal();
    return oldestTime === undefined ? 0 : Math.max(0, sources.wallMs() / 1000 - oldestTime);
  });
  const commits = metrics.histogram(
    "hearth_journal_commit_seconds",
    "Time until the disk had a group of events.",
    COMMIT_BOUNDS,
  );

  counter("hearth_events_published_total", "Events published.", () => sources.bus.stats().published);
  counter(
    "hearth_events_invalid_total",
    "Invalid events that were not sent.",
    () => sources.bus.stats().invalid,
  );
  metrics.asked("counter", "hearth_bus_faults_total", "Faults of subscribers inside the hub.", () =>
    Object.entries(sources.bus.stats().faults).flatMap(([subscriber, { threw, slow }]) => [
      { labels: { subscriber, fault: "threw" }, value: threw },
      { labels: { subscriber, fault: "slow" }, value: slow },
    ]),
  );
  return { text: () => metrics.text(), committed: (tookMs) => commits.observe(tookMs / 1000) };
}

function countTurns(metrics: Metrics, { bus, signal }: MetricSources): void {
  const turns = metrics.counter("hearth_turns_total", "Turns that ended, by reason.");
  const total = metrics.histogram("hearth_turn_seconds", "How long turns took.", TURN_BOUNDS);
  const segments = metrics.histogram("hearth_turn_segment_seconds", "Stages of turns.", TURN_BOUNDS);
  bus.on("turn_end", { name: "metrics", signal }, ({ reason, trace }) => {
    turns.add({ reason });
    total.observe(trace.total_ms / 1000);
    for (const { name, ms } of trace.segments)
      segments.observe(ms / 1000, { segment: SEGMENTS.includes(name) ? name : "other" });
  });
}

function countEngines(metrics: Metrics, { bus, signal }: MetricSources): void {
  const engines = new Map<string, { role: string; engine: string; state: string }>();
  const restarts = metrics.counter("hearth_engine_restarts_total", "Restarts of engine processes.");
  metrics.asked("gauge", "hearth_engine_state", "1 for the state an engine is in.", () =>
    [...engines.values()].flatMap(({ role, engine, state }) =>
      ENGINE_STATES.map(
        (each): Sample => ({
          labels: { role, engine, state: each },
          value: each === state ? 1 : 0,
        }),
      ),
    ),
  );
  bus.on("provider_state", { name: "metrics", signal }, ({ role, engine, state }) => {
    const key = `${role} ${engine}`;
    // Engines are the hub's own, a handful; the bound only keeps a bug from filling the memory.
    if (engines.has(key) || engines.size < 50) engines.set(key, { role, engine, state });
    if (state === "restarting") restarts.add({ role });
  });
}

/** What satellites that are gone have counted, added to what those here count. */
function countSatellites(metrics: Metrics, { bus, signal, satellites }: MetricSources): void {
  const gone = { framesIn: 0, framesOut: 0, bytesIn: 0, bytesOut: 0, rejected: 0, faults: 0 };
  const here = new Map<string, CountedSatellite>();
  const add = (sum: typeof gone, { statistics, error_count }: SatelliteStatus): typeof gone => ({
    framesIn: sum.framesIn + statistics.audio_chunks_received,
    framesOut: sum.framesOut + statistics.audio_chunks_played,
    bytesIn: sum.bytesIn + statistics.total_audio_bytes_in,
    bytesOut: sum.bytesOut + statistics.total_audio_bytes_out,
    rejected: sum.rejected + statistics.messages_rejected,
    faults: sum.faults + error_count,
  });
  const now = () => [...here.values()].reduce((sum, satellite) => add(sum, satellite.status()), { ...gone });
  // A link lives as long as its session does; a satellite that reconnects has a new one.
  bus.on("satellite_connected", { name: "metrics", signal }, ({ session_id, satellite_id }) => {
    const satellite = satellites().find(({ id }) => id === satellite_id);
    if (satellite) here.set(session_id ?? satellite.id, satellite);
  });
  bus.on("satellite_disconnected", { name: "metrics", signal }, ({ session_id, satellite_id }) => {
    const key = session_id ?? satellite_id ?? "";
    const satellite = here.get(key);
    if (satellite) Object.assign(gone, add(gone, satellite.status()));
    here.delete(key);
  });

  const both = (directionIn: number, directionOut: number): Sample[] => [
    { labels: { direction: "in" }, value: directionIn },
    { labels: { direction: "out" }, value: directionOut },
  ];
  metrics.asked("gauge", "hearth_satellites_connected", "Satellites connected now.", () =>
    one(satellites().length),
  );
  metrics.asked("counter", "hearth_audio_chunks_total", "Audio messages from and to satellites.", () => {
    const { framesIn, framesOut } = now();
    return both(framesIn, framesOut);
  });
  metrics.asked("counter", "hearth_audio_bytes_total", "Audio from and to satellites, in bytes.", () => {
    const { bytesIn, bytesOut } = now();
    return both(bytesIn, bytesOut);
  });
  metrics.asked("counter", "hearth_satellite_messages_rejected_total", "Messages not understood.", () =>
    one(now().rejected),
  );
  metrics.asked("counter", "hearth_satellite_faults_total", "Audio dropped and other faults of links.", () =>
    one(now().faults),
  );
}

function one(value: number | undefined): Sample[] {
  return value === undefined ? [] : [{ value }];
}
