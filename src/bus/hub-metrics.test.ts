import { expect, test } from "bun:test";
import type { SatelliteStatus } from "#ports/satellite.ts";
import { RecordingBus } from "#testing/recording-bus.ts";
import { createHubMetrics } from "./hub-metrics.ts";

const forever = new AbortController().signal;
const FEED = { current_connections: 3, events_sent: 70, errors: 1, events_dropped: 4, readers_overrun: 2 };

/** A satellite that has carried `chunks` messages of audio each way. */
function satellite(id: string, chunks: number) {
  const status: SatelliteStatus = {
    is_connected: true,
    audio_streaming: true,
    audio_playing: false,
    last_activity: null,
    error_count: 1,
    last_error: null,
    statistics: {
      audio_chunks_received: chunks,
      audio_chunks_played: chunks * 2,
      total_audio_bytes_in: chunks * 640,
      total_audio_bytes_out: chunks * 1280,
      messages_rejected: 1,
      connection_time: 10,
    },
  };
  return { id, status: () => status };
}

function opened() {
  const bus = Object.assign(new RecordingBus(), {
    stats: () => ({ published: 9, invalid: 1, faults: { lamp: { threw: 2, slow: 0 } } }),
  });
  const satellites: ReturnType<typeof satellite>[] = [];
  const metrics = createHubMetrics({
    bus,
    signal: forever,
    wallMs: () => 100_000,
    uptimeMs: () => 5000,
    satellites: () => satellites,
    feed: () => FEED,
    journal: () => ({ events: 7, oldestTime: 99.5, healthy: true }),
    reading: () => ({ memoryMb: 2, cpuPercent: 50, loopDelay: { meanMs: 1, p99Ms: 2, maxMs: 30 } }),
  });
  /** Every line that is no comment and matches. */
  const lines = (wanted: RegExp) =>
    metrics
      .text()
      .split("\n")
      .filter((line) => !line.startsWith("#") && wanted.test(line));
  return { bus, satellites, metrics, lines };
}

test("turns are counted by how they ended, and their stages by how long they took", () => {
  const { bus, lines } = opened();
  const segments = [
    { name: "think", ms: 200 },
    { name: "made up", ms: 800 },
  ];
  bus.publish({ type: "turn_end", reason: "answered", trace: { total_ms: 1000, segments } });
  bus.publish({ type: "turn_end", reason: "barge-in", trace: { total_ms: 0, segments: [] } });

  expect(lines(/^hearth_turns_total/)).toEqual([
    'hearth_turns_total{reason="answered"} 1',
    'hearth_turns_total{reason="barge-in"} 1',
  ]);
  expect(lines(/^hearth_turn_segment_seconds_(sum|count)/)).toEqual([
    'hearth_turn_segment_seconds_sum{segment="think"} 0.2',
    'hearth_turn_segment_seconds_count{segment="think"} 1',
    'hearth_turn_segment_seconds_sum{segment="other"} 0.8',
    'hearth_turn_segment_seconds_count{segment="other"} 1',
  ]);
});

test("an engine is in one state, and its restarts are counted", () => {
  const { bus, lines } = opened();
  for (const state of ["starting", "ready", "restarting"] as const)
    bus.publish({ type: "provider_state", role: "speech", engine: "engine host", state });

  expect(lines(/^hearth_engine_state.* 1$/)).toEqual([
    'hearth_engine_state{role="speech",engine="engine host",state="restarting"} 1',
  ]);
  expect(lines(/^hearth_engine_restarts_total/)).toEqual(['hearth_engine_restarts_total{role="speech"} 1']);
});

test("what satellites carried never falls, also when one leaves or reconnects", () => {
  const { bus, satellites, lines } = opened();
  const connected = (one: ReturnType<typeof satellite>, session_id: string) => {
    satellites.splice(0, satellites.length, one);
    bus.publish({
      type: "satellite_connected",
      satellite_id: one.id,
      session_id,
      remote_address: "192.0.2.7",
      dialect: "plain",
    });
  };
  const left = (satellite_id: string, session_id: string) => {
    bus.publish({ type: "satellite_disconnected", satellite_id, session_id, code: 1000, reason: "" });
  };

  connected(satellite("kitchen", 10), "s1");
  connected(satellite("kitchen", 5), "s2"); // the newer link wins, and the older one is told of afterwards
  left("kitchen", "s1");
  const here = lines(/^hearth_audio_chunks_total/);
  left("kitchen", "s2");

  expect(here).toEqual([
    'hearth_audio_chunks_total{direction="in"} 15',
    'hearth_audio_chunks_total{direction="out"} 30',
  ]);
  expect(lines(/^hearth_audio_chunks_total/)).toEqual(here);
  expect(lines(/^hearth_satellite_messages_rejected_total/)).toEqual([
    "hearth_satellite_messages_rejected_total 2",
  ]);
});

test("feed, journal, process and bus are told in base units", () => {
  const { metrics, lines } = opened();
  metrics.committed(4);

  expect(lines(/^(process|hearth_(feed|journal_[^c]|event|cpu|uptime|bus))/)).toEqual([
    "hearth_uptime_seconds 5",
    "process_resident_memory_bytes 2097152",
    "hearth_cpu_ratio 0.5",
    "hearth_event_loop_delay_p99_seconds 0.002",
    "hearth_event_loop_delay_max_seconds 0.03",
    "hearth_feed_subscribers 3",
    "hearth_feed_frames_sent_total 70",
    "hearth_feed_errors_total 1",
    "hearth_feed_events_dropped_total 4",
    "hearth_feed_overruns_total 2",
    "hearth_journal_healthy 1",
    "hearth_journal_waiting_events 7",
    "hearth_journal_durable_lag_seconds 0.5",
    "hearth_events_published_total 9",
    "hearth_events_invalid_total 1",
    'hearth_bus_faults_total{subscriber="lamp",fault="threw"} 2',
    'hearth_bus_faults_total{subscriber="lamp",fault="slow"} 0',
  ]);
  expect(lines(/^hearth_journal_commit_seconds_bucket/).slice(0, 3)).toEqual([
    'hearth_journal_commit_seconds_bucket{le="0.001"} 0',
    'hearth_journal_commit_seconds_bucket{le="0.002"} 0',
    'hearth_journal_commit_seconds_bucket{le="0.005"} 1',
  ]);
});
