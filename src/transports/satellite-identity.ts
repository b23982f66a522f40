import { createHash, timingSafeEqual } from "node:crypto";

/** A token a satellite may show, and whose it is. */
export interface SatelliteToken {
  /** The identity of the satellite that shows it. */
  readonly id: string;
  readonly token: string;
}

type Admission =
  /** `tokenId` is the identity its token gives it; undefined without a token. */
  { readonly kind: "admitted"; readonly tokenId: string | undefined } | { readonly kind: "refused" };

/** Decides who may talk to the hub as a satellite. */
export interface SatelliteAccess {
  admit(token: string | undefined): Admission;
}

/**
 * Access by mode: `token` refuses whoever shows none of the tokens, `open` admits everyone, and a known token still
 * names its satellite.
 *
 * Tokens are kept and compared as SHA-256, every one of them on every attempt, so that the time an answer takes
 * tells nothing about any.
 */
export function satelliteAccess(options: {
  readonly mode: "open" | "token";
  readonly tokens: readonly SatelliteToken[];
}): SatelliteAccess {
  const known = options.tokens.map(({ id, token }) => ({ id, digest: sha256(token) }));
  return {
    admit(token) {
      let tokenId: string | undefined;
      if (token !== undefined) {
        const shown = sha256(token);
        for (const { id, digest } of known) if (timingSafeEqual(digest, shown)) tokenId = id;
      }
      if (tokenId === undefined && options.mode === "token") return { kind: "refused" };
      return { kind: "admitted", tokenId };
    },
  };
}

/**
 * The token of an upgrade request: `Authorization: Bearer …`, else `?token=` for firmware that cannot set headers.
 *
 * The URL of such a request must not be logged.
 */
export function tokenOf(url: URL, headers: Headers): string | undefined {
  const bearer = /^Bearer +(\S+) *$/i.exec(headers.get("authorization") ?? "")?.[1];
  return bearer ?? (url.searchParams.get("token") || undefined);
}

/** The name a satellite gives itself in the URL; undefined when absent or not 1 to 128 printable characters. */
export function deviceOf(url: URL): string | undefined {
  const device = url.searchParams.get("device")?.trim() ?? "";
  return /^[^\p{C}]{1,128}$/u.test(device) ? device : undefined;
}

/**
 * Who an upgrade request on a WebSocket path comes from.
 *
 * `/ws` is shared by satellites and clients. A token or `?device=` marks a satellite; otherwise the request says
 * nothing and the first message would have to. As long as this hub has no client transport, `unknown` is served
 * as a satellite.
 */
export function peerOf(url: URL, headers: Headers): "satellite" | "unknown" | "other" {
  if (url.pathname === "/ws/satellite") return "satellite";
  if (url.pathname !== "/ws") return "other";
  const named = tokenOf(url, headers) !== undefined || deviceOf(url) !== undefined;
  return named ? "satellite" : "unknown";
}

function sha256(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
