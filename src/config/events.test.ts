import { expect, test } from "bun:test";
import { loadConfig } from "./load.ts";
import { REDACTED, redact } from "./redact.ts";

/** Load `hearth.yaml` with this text, beside a file `broker.txt`. */
function load(text: string, secret = "opensesame\n", env: Readonly<Record<string, string>> = {}) {
  const files: Readonly<Record<string, string>> = { "/etc/hearth.yaml": text, "/etc/broker.txt": secret };
  return loadConfig({
    file: "/etc/hearth.yaml",
    env,
    readFile: (path) => files[path],
    systemTimeZone: "UTC",
  });
}

function bridge(text: string, secret?: string) {
  const loaded = load(text, secret);
  return loaded.ok ? loaded.config.events.bridge : loaded.problems;
}

test("without a broker's address there is no bridge", () => {
  expect(bridge("hub: { name: attic }")).toBeUndefined();
});

test("a bridge is called as the hub unless it says otherwise, and its password may be in a file", () => {
  expect(bridge("hub: { name: my house/attic }\nevents: { bridge: { url: mqtts://b.example } }")).toEqual({
    url: "mqtts://b.example",
    username: undefined,
    password: undefined,
    hub: "my-house-attic",
  });
  const full = "{ url: mqtt://b.example:1884, username: u, password_file: broker.txt, hub: attic }";
  expect(bridge(`events: { bridge: ${full} }`)).toEqual({
    url: "mqtt://b.example:1884",
    username: "u",
    password: "opensesame",
    hub: "attic",
  });
});

test("an address that is none or holds a password, a name that is no topic, and two passwords are refused", () => {
  const wrong = [
    "url: http://b.example",
    "url: mqtt://u:p@b.example",
    "url: mqtt://b.example, hub: a/b",
    "url: mqtt://b.example, password: p, password_file: broker.txt",
  ];
  for (const text of wrong) expect(bridge(`events: { bridge: { ${text} } }`)).toBeArrayOfSize(1);
  expect(
    bridge("events: { bridge: { url: mqtt://b.example, password_file: broker.txt } }", " \n"),
  ).toBeArrayOfSize(1);
});

test("the environment may name the broker, an unencrypted one elsewhere is warned of, and its password is a secret", () => {
  const loaded = load("", undefined, {
    HEARTH_EVENTS_BRIDGE_URL: "mqtt://b.example",
    HEARTH_EVENTS_BRIDGE_PASSWORD: "short",
  });

  if (!loaded.ok) throw new Error(loaded.problems.join());
  expect(loaded.warnings).toEqual([expect.stringContaining("not encrypted")]);
  expect(redact(loaded.config)).toMatchObject({ events: { bridge: { password: REDACTED } } });
});

test("a token of the feed may be narrowed to types of event", () => {
  const token = "0123456789abcdef";
  const loaded = load(`security: { feed_tokens: [{ id: lamp, token: ${token}, types: ["home_*"] }] }`);
  const wrong = load(`security: { feed_tokens: [{ id: lamp, token: ${token}, types: ["home_[ab]"] }] }`);

  expect(loaded.ok && loaded.config.security.feed_tokens).toEqual([{ id: "lamp", token, types: ["home_*"] }]);
  expect(wrong.ok).toBe(false);
});
