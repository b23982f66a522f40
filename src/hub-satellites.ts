import { satelliteSettings } from "#config/satellite-sections.ts";
import type { Config } from "#config/schema.ts";
import type { EventDraft } from "#events/hub-event.ts";
import { BestRoom, type RoomDecision } from "#pipeline/best-room.ts";
import { Session } from "#pipeline/session.ts";
import type { SessionDeps, SessionSettings } from "#pipeline/session-deps.ts";
import type { EventBus } from "#ports/event-bus.ts";
import type { Satellite } from "#ports/satellite.ts";
import type { SatelliteObserver } from "#transports/satellite.ts";

/** The sessions of the satellites that are connected now, by the satellite's identity. */
export interface Sessions {
  readonly observer: SatelliteObserver;
  open(satellite: Satellite): Session;
  find(satelliteId: string): Session | undefined;
  /** End every session: the hub shuts down. */
  shutdown(): void;
}

/** Give every satellite its session, and tell the bus who comes and goes. */
export function createSessions(
  config: Config,
  parts: Omit<SessionDeps, "bestRoom">,
  bus: EventBus,
): Sessions {
  const sessions = new Map<string, { readonly satellite: Satellite; readonly session: Session }>();
  const rivals = () => (config.wake.best_room ? sessions.size : 1);
  const bestRoom = new BestRoom(parts.clock, rivals, (decision) => void bus.publish(roomEvent(decision)));
  const deps: SessionDeps = { ...parts, bestRoom };
  const here = (satellite: Satellite) => ({ session_id: satellite.sessionId, satellite_id: satellite.id });
  return {
    observer: {
      connected(satellite) {
        const { name, room, firmware } = described(config, satellite);
        bus.publish({
          type: "satellite_connected",
          ...here(satellite),
          name,
          room,
          remote_address: satellite.remoteAddress,
          dialect: satellite.dialect,
          firmware,
        });
      },
      disconnected(satellite, { code, reason }) {
        if (sessions.get(satellite.id)?.satellite === satellite) sessions.delete(satellite.id);
        bus.publish({ type: "satellite_disconnected", ...here(satellite), code, reason });
      },
      // The session publishes it, with the turn it happened in.
      event: () => undefined,
      clientStatus(satellite, status) {
        const { statistics } = satellite.status();
        bus.publish({
          type: "satellite_status",
          ...here(satellite),
          uptime_ms: status.uptime_ms,
          heap_free: status.heap_free,
          wifi_rssi: status.wifi_rssi,
          battery: status.battery ?? null,
          ...statistics,
        });
      },
    },
    open(satellite) {
      const session = new Session(deps, satellite, sessionSettings(config, satellite));
      sessions.set(satellite.id, { satellite, session });
      return session;
    },
    find: (satelliteId) => sessions.get(satelliteId)?.session,
    shutdown() {
      for (const { session } of sessions.values()) session.shutdown();
    },
  };
}

function roomEvent({ phrase, winner, claims, heldMs }: RoomDecision): EventDraft<"best_room"> {
  return {
    type: "best_room",
    satellite_id: winner,
    phrase,
    held_ms: heldMs,
    claims: claims.map((claim) => ({
      satellite_id: claim.satelliteId,
      score: claim.score,
      above_floor_db: claim.aboveFloorDb,
      rank: claim.rank,
    })),
  };
}

function described(
  config: Config,
  satellite: Satellite,
): { readonly name: string | null; readonly room: string | null; readonly firmware: string | null } {
  const own = satelliteSettings(config.satellites, satellite.id);
  return {
    name: own.name ?? satellite.hello.name ?? null,
    room: own.room ?? satellite.hello.room ?? null,
    firmware: satellite.hello.firmware ?? null,
  };
}

function sessionSettings(config: Config, satellite: Satellite): SessionSettings {
  const own = satelliteSettings(config.satellites, satellite.id);
  return {
    room: own.room ?? satellite.hello.room,
    wake: own.wake,
    phrases: config.wake.phrases,
    silenceMs: own.silence_ms,
    noSpeechMs: config.turn.no_speech_ms,
    maxUtteranceMs: config.turn.max_utterance_ms,
    preRollMs: config.turn.pre_roll_ms,
    deadlineMs: config.turn.deadline_ms,
    followUp: own.follow_up,
    followUpMs: own.follow_up_ms,
    language: config.assistant.language,
    voice: config.engines.voice,
    volume: own.volume,
  };
}
