import { isIP } from "node:net";

/** Who may reach the hub by which name. */
export interface RequestGuardOptions {
  /** Host names besides `localhost` and IP addresses under which the hub is reached, without port. */
  readonly allowedHosts: readonly string[];
  /** Browser origins besides the hub's own, exact: `https://panel.example:8443`. */
  readonly allowedOrigins: readonly string[];
}

export type GuardVerdict =
  | { readonly ok: true }
  | { readonly ok: false; readonly status: 400 | 403 | 421; readonly message: string };

const OK: GuardVerdict = { ok: true };

/**
 * Keeps web pages away from a hub that trusts its network.
 *
 * A page on the internet can make a browser connect to a loopback or LAN address. Two things give it away: the
 * Host header carries the page's own name (DNS rebinding; an IP address cannot be rebound and is therefore safe),
 * or the Origin header does. Peers that are not browsers send no Origin.
 */
export function guardRequest(headers: Headers, options: RequestGuardOptions): GuardVerdict {
  const host = headers.get("host");
  if (host === null || host === "") return { ok: false, status: 400, message: "The Host header is missing." };
  const name = hostName(host);
  if (name === undefined || !isAllowedHost(name, options.allowedHosts)) {
    return {
      ok: false,
      status: 421,
      message:
        'This host name is not allowed. Add it to "server.allowed_hosts", or use the hub\'s address instead.',
    };
  }

  const origin = headers.get("origin");
  if (origin === null) return guardSubresource(headers);
  if (isSameHost(origin, host) || options.allowedOrigins.includes(origin)) return OK;
  if (isFirmwareOrigin(origin, headers)) return OK;
  return {
    ok: false,
    status: 403,
    message: 'This origin is not allowed. Add it to "server.allowed_origins" if the page is yours.',
  };
}

/** The host without port and brackets, lower case; undefined when it is not a host at all. */
function hostName(host: string): string | undefined {
  const match = /^(?:\[([0-9a-f:.]+)\]|([^:/?#@\s[\]]+))(?::\d{1,5})?$/i.exec(host);
  return (match?.[1] ?? match?.[2])?.toLowerCase().replace(/\.$/, "");
}

function isAllowedHost(name: string, allowed: readonly string[]): boolean {
  return name === "localhost" || isIP(name) !== 0 || allowed.some((other) => other.toLowerCase() === name);
}

function isSameHost(origin: string, host: string): boolean {
  try {
    const url = new URL(origin);
    return (url.protocol === "http:" || url.protocol === "https:") && url.host === host.toLowerCase();
  } catch {
    return false;
  }
}

/** Images, scripts and the like of another site carry no Origin, but browsers say where they come from. */
function guardSubresource(headers: Headers): GuardVerdict {
  const site = headers.get("sec-fetch-site");
  const isForeign = site === "cross-site" || site === "same-site";
  if (!isForeign || headers.get("sec-fetch-mode") === "navigate") return OK;
  return { ok: false, status: 403, message: "Other sites may link here but not load from here." };
}

/**
 * The widespread arduinoWebSockets library sends `Origin: file://` from an ESP32 unless told otherwise. A page
 * opened from a browser's disk says the same, but cannot hide that it is a browser.
 */
function isFirmwareOrigin(origin: string, headers: Headers): boolean {
  return origin === "file://" && !(headers.get("user-agent") ?? "").startsWith("Mozilla/");
}
