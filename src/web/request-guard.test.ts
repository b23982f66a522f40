import { expect, test } from "bun:test";
import { guardRequest } from "./request-guard.ts";

const options = { allowedHosts: ["hearth.lan"], allowedOrigins: ["https://panel.example:8443"] };

function status(headers: Record<string, string>): number {
  const verdict = guardRequest(new Headers(headers), options);
  return verdict.ok ? 200 : verdict.status;
}

test("localhost, addresses and configured names are served", () => {
  for (const host of [
    "localhost",
    "localhost:8765",
    "LOCALHOST:8765",
    "127.0.0.1:8765",
    "192.168.1.20",
    "[::1]:8765",
    "hearth.lan:8765",
    "hearth.lan.:8765",
  ]) {
    expect([host, status({ host })]).toEqual([host, 200]);
  }
});

test("a rebound name is misdirected", () => {
  for (const host of [
    "evil.example",
    "evil.example:8765",
    "localhost.evil.example",
    "127.0.0.1.evil.example",
  ]) {
    expect([host, status({ host })]).toEqual([host, 421]);
  }
});

test("a Host header that is not a host is misdirected, and a missing one is a bad request", () => {
  for (const host of ["localhost:8765@evil.example", "localhost/evil", "a b", "[::1", "localhost:123456"]) {
    expect([host, status({ host })]).toEqual([host, 421]);
  }
  expect(status({})).toBe(400);
});

test("a page of the hub itself and a listed one may come, any other may not", () => {
  const host = "localhost:8765";

  expect(status({ host, origin: "http://localhost:8765" })).toBe(200);
  expect(status({ host, origin: "https://panel.example:8443" })).toBe(200);
  for (const origin of [
    "https://evil.example",
    "http://localhost:3000",
    "https://panel.example",
    "null",
    "",
    "file://",
    "capacitor://localhost:8765",
  ]) {
    expect([origin, status({ host, origin, "user-agent": "Mozilla/5.0 (X11; Linux x86_64)" })]).toEqual([
      origin,
      403,
    ]);
  }
});

test("an ESP32 library that claims to be a file is let in because it is no browser", () => {
  const headers = { host: "192.168.1.20:8765", origin: "file://" };

  expect(status({ ...headers, "user-agent": "arduino-WebSocket-Client" })).toBe(200);
  expect(status(headers)).toBe(200);
  expect(status({ ...headers, "user-agent": "Mozilla/5.0 (Macintosh)" })).toBe(403);
});

test("another site may link to the hub but not embed from it", () => {
  const headers = { host: "localhost:8765", "sec-fetch-site": "cross-site" };

  expect(status({ ...headers, "sec-fetch-mode": "navigate" })).toBe(200);
  expect(status({ ...headers, "sec-fetch-mode": "no-cors" })).toBe(403);
  expect(status({ host: "localhost:8765", "sec-fetch-site": "same-origin" })).toBe(200);
});
