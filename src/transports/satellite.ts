import type { Satellite, SatelliteListener } from "#ports/satellite.ts";
import type { SocketDecision, SocketEndpoint, SocketRequest } from "#ports/socket.ts";
import type { ClientStatus, SatelliteEvent } from "#protocol/satellite.ts";
import {
  SatelliteConnection,
  type SatelliteConnectionDeps,
  type SatelliteRegister,
} from "./satellite-connection.ts";
import { deviceOf, peerOf, type SatelliteAccess, tokenOf } from "./satellite-identity.ts";
import type { SatelliteLink } from "./satellite-link.ts";
import { SATELLITE_SOCKET } from "./socket-policy.ts";

/** Told what the hub publishes about satellites. Calls are synchronous and in order. */
export interface SatelliteObserver {
  /** Before `onSatellite` is called with it. */
  connected(satellite: Satellite): void;
  /** After its listener's `gone`. */
  disconnected(satellite: Satellite, reason: { readonly code: number; readonly reason: string }): void;
  /** The satellite reported memory, signal or battery. */
  clientStatus(satellite: Satellite, status: ClientStatus): void;
  /** Before the listener's `event`. */
  event(satellite: Satellite, event: SatelliteEvent): void;
}

export interface SatelliteTransportOptions extends Omit<SatelliteConnectionDeps, "register"> {
  readonly access: SatelliteAccess;
  /** Satellites connected at once; one more is closed with 1013. 1 is the original's single-client behaviour. */
  readonly max: number;
  readonly observer: SatelliteObserver;
  /** Take a satellite that has just connected; what it says goes to the listener. */
  onSatellite(satellite: Satellite): SatelliteListener;
}

export interface SatelliteTransport {
  /** Serves `/ws/satellite` and `/ws`. */
  readonly endpoint: SocketEndpoint;
  /** Who is connected now, in order of arrival. */
  connected(): readonly Satellite[];
  find(id: string): Satellite | undefined;
}

/**
 * The satellite link: ESP32s and anything else with a microphone, over WebSocket.
 *
 * One satellite per identity. When an identity connects again the newest wins and the older connection is closed
 * with 4000: after a Wi-Fi drop the old one is dead, though the hub cannot know it yet. Only a *different*
 * satellite is refused when there is no room.
 */
export function satelliteTransport(options: SatelliteTransportOptions): SatelliteTransport {
  const links = new Map<string, SatelliteLink>();
  const { observer, onSatellite, access, max, log } = options;

  const hasRoom = (id: string) => links.has(id) || links.size < max;

  const register: SatelliteRegister = {
    admit(link) {
      if (!hasRoom(link.id)) {
        log.warn("a satellite was refused: no room", { satellite: link.id, max });
        return false;
      }
      links.get(link.id)?.close(4000, "replaced");
      links.set(link.id, link);
      return true;
    },
    announce(link) {
      try {
        observer.connected(link);
        return onSatellite(link);
      } catch (error) {
        links.delete(link.id);
        observer.disconnected(link, { code: 1011, reason: "internal error" });
        throw error;
      }
    },
    leave(link, reason) {
      if (links.get(link.id) === link) links.delete(link.id);
      observer.disconnected(link, reason);
    },
    clientStatus: (satellite, status) => observer.clientStatus(satellite, status),
    event: (satellite, event) => observer.event(satellite, event),
  };

  function accept({ url, headers, remoteAddress }: SocketRequest): SocketDecision {
    const admission = access.admit(tokenOf(url, headers));
    if (admission.kind === "refused") {
      log.warn("a satellite was refused: no valid token", { remoteAddress });
      return { kind: "close", code: 4401, reason: "unauthorised" };
    }
    const { tokenId } = admission;
    return {
      kind: "accept",
      authenticated: true,
      open(socket) {
        const connection = new SatelliteConnection({ ...options, register }, socket, {
          tokenId,
          device: deviceOf(url),
        });
        connection.opened();
        return connection;
      },
    };
  }

  return {
    endpoint: {
      name: "satellite",
      policy: SATELLITE_SOCKET,
      matches: (url, headers) => peerOf(url, headers) !== "other",
      accept,
    },
    connected: () => [...links.values()],
    find: (id) => links.get(id),
  };
}
