import { expect, test } from "bun:test";
import { deviceOf, peerOf, satelliteAccess, tokenOf } from "./satellite-identity.ts";

const tokens = [
  { id: "kitchen", token: "a-token-of-the-kitchen" },
  { id: "hall", token: "a-token-of-the-hall" },
];

function url(path: string): URL {
  return new URL(path, "http://hub:8765");
}

test("with tokens required, a known token names its satellite and everything else is refused", () => {
  const access = satelliteAccess({ mode: "token", tokens });

  expect(access.admit("a-token-of-the-hall")).toEqual({ kind: "admitted", tokenId: "hall" });
  for (const token of [undefined, "", "a-token", "a-token-of-the-hall ", "A-TOKEN-OF-THE-HALL"]) {
    expect([token, access.admit(token)]).toEqual([token, { kind: "refused" }]);
  }
});

test("with open access everyone is admitted and a known token still names its satellite", () => {
  const access = satelliteAccess({ mode: "open", tokens });

  expect(access.admit(undefined)).toEqual({ kind: "admitted", tokenId: undefined });
  expect(access.admit("unknown")).toEqual({ kind: "admitted", tokenId: undefined });
  expect(access.admit("a-token-of-the-kitchen")).toEqual({ kind: "admitted", tokenId: "kitchen" });
});

test("with tokens required and none configured nobody is admitted", () => {
  expect(satelliteAccess({ mode: "token", tokens: [] }).admit("anything")).toEqual({ kind: "refused" });
});

test("the token comes from the header before the URL", () => {
  const headers = new Headers({ authorization: "bearer  from-header " });

  expect(tokenOf(url("/ws?token=from-url"), headers)).toBe("from-header");
  expect(tokenOf(url("/ws?token=from-url"), new Headers({ authorization: "Basic eDp5" }))).toBe("from-url");
  expect(tokenOf(url("/ws?token="), new Headers())).toBeUndefined();
});

test("a device name is 1 to 128 printable characters", () => {
  expect(deviceOf(url("/ws?device=küche%201"))).toBe("küche 1");
  for (const device of ["", "%20", "a%00b", "a%0Ab", "x".repeat(129)]) {
    expect([device, deviceOf(url(`/ws?device=${device}`))]).toEqual([device, undefined]);
  }
});

test("a path, a token or a device name marks a satellite; /ws alone says nothing", () => {
  const bearer = new Headers({ authorization: "Bearer t" });
  const none = new Headers();

  expect(peerOf(url("/ws/satellite"), none)).toBe("satellite");
  expect(peerOf(url("/ws?device=kitchen"), none)).toBe("satellite");
  expect(peerOf(url("/ws"), bearer)).toBe("satellite");
  expect(peerOf(url("/ws"), none)).toBe("unknown");
  for (const path of ["/", "/ws/client", "/ws/", "/events"])
    expect([path, peerOf(url(path), none)]).toEqual([path, "other"]);
});
