import { expect, test } from "bun:test";
import { loadConfig } from "./load.ts";
import { REDACTED, redact } from "./redact.ts";
import type { Config } from "./schema.ts";

function load(yaml: string, files: Readonly<Record<string, string>> = {}) {
  return loadConfig({
    dataDir: "/data",
    env: {},
    readFile: (path) => (path === "/data/hearth.yaml" ? yaml : files[path]),
  });
}

function config(yaml: string, files: Readonly<Record<string, string>> = {}): Config {
  const result = load(yaml, files);
  if (!result.ok) throw new Error(result.problems.join("\n"));
  return result.config;
}

function problems(yaml: string): readonly string[] {
  const result = load(yaml);
  return result.ok ? [] : result.problems;
}

test("doors are open on loopback and ask for a token elsewhere, unless set", () => {
  const doors = (yaml: string) => {
    const { satellites, events } = config(yaml).security;
    return [satellites, events];
  };

  expect(doors("server: {host: '::1'}")).toEqual(["open", "open"]);
  expect(doors("server: {host: 127.0.0.2}")).toEqual(["open", "open"]);
  expect(doors("server: {host: 0.0.0.0}")).toEqual(["token", "token"]);
  expect(doors("server: {host: 127.0.0.1.example.org}")).toEqual(["token", "token"]);
  expect(doors("server: {host: 0.0.0.0}\nsecurity: {satellites: open}")).toEqual(["open", "token"]);
});

test("an open door on the network and a door nobody can pass are warned of", () => {
  const result = load("server: {host: 0.0.0.0}\nsecurity: {satellites: open}");

  expect(result.ok && result.warnings).toEqual([
    "security.satellites is open and the server listens on 0.0.0.0: anybody there can talk to this hub.",
    "security.events asks for a token and security.feed_tokens is empty: nobody can connect.",
  ]);
});

const TOKEN = "0123456789abcdef";

test("tokens are taken from the file, from files beside it and as plain text", () => {
  const yaml = `security:
  satellite_tokens:
    - {id: kitchen, token: ${TOKEN}}
    - {id: attic, token_file: attic.token}
  feed_tokens: [feed-${TOKEN}, {id: lamp, token: lamp-${TOKEN}}]`;

  const { security } = config(yaml, { "/data/attic.token": `attic-${TOKEN}\n` });

  expect(security.satellite_tokens).toEqual([
    { id: "kitchen", token: TOKEN },
    { id: "attic", token: `attic-${TOKEN}` },
  ]);
  expect(security.feed_tokens).toEqual([
    { id: "feed-1", token: `feed-${TOKEN}` },
    { id: "lamp", token: `lamp-${TOKEN}` },
  ]);
});

test.each([
  ["[{id: a, token: short}]", "security.satellite_tokens[0].token must have at least 16 characters."],
  ["[{id: a}]", "security.satellite_tokens[0] needs either `token` or `token_file`. Give it one of them."],
  [
    `[{id: a, token: ${TOKEN}}, {id: a, token: b${TOKEN}}]`,
    "security.satellite_tokens has the same id twice. Remove one.",
  ],
  [
    `[{id: a, token: ${TOKEN}}, {id: b, token: ${TOKEN}}]`,
    "security.satellite_tokens has the same token twice. Remove one.",
  ],
  [
    "[{id: a, token_file: empty}]",
    "security.satellite_tokens[0]: the file must hold 16 to 512 printable characters and nothing else.",
  ],
])("the tokens %s are refused", (list, sentence) => {
  const found = problems(`security: {satellite_tokens: ${list}}`);

  expect(found).toEqual([`hearth.yaml, line 1: ${sentence}`]);
});

test("a secret that is refused is not shown", () => {
  const found = problems(`security: {feed_tokens: ["hush"], satellite_tokens: [{id: a, token: 12345}]}`);

  expect(found.length).toBe(2);
  expect(found.join()).not.toContain("hush");
  expect(found.join()).not.toContain("12345");
});

test("redaction hides every secret and nothing else", () => {
  const loaded = config(`security: {satellite_tokens: [{id: k, token: ${TOKEN}}], feed_tokens: [${TOKEN}]}`);

  expect(redact(loaded)).toEqual({
    ...loaded,
    security: {
      ...loaded.security,
      satellite_tokens: [{ id: "k", token: REDACTED }],
      feed_tokens: [{ id: "feed-1", token: REDACTED }],
    },
  });
});
