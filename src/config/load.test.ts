import { expect, test } from "bun:test";
import { configKeys } from "./keys.ts";
import { loadConfig } from "./load.ts";
import { satelliteSettings } from "./satellite-sections.ts";
import type { Config } from "./schema.ts";

type Env = Readonly<Record<string, string>>;

function load(yaml: string | undefined, env: Env = {}) {
  return loadConfig({
    dataDir: "/data",
    env,
    systemTimeZone: "Europe/Vienna",
    readFile: (path) => (path === "/data/hearth.yaml" ? yaml : undefined),
  });
}

function config(yaml: string | undefined, env: Env = {}): Config {
  const result = load(yaml, env);
  if (!result.ok) throw new Error(result.problems.join("\n"));
  return result.config;
}

function problems(yaml: string | undefined, env: Env = {}): readonly string[] {
  const result = load(yaml, env);
  return result.ok ? [] : result.problems;
}

test("an absent file gives the documented defaults", () => {
  expect(config(undefined)).toEqual({
    hub: { name: "hearth" },
    server: { host: "127.0.0.1", port: 8765, allowed_hosts: [], allowed_origins: [] },
    security: { satellites: "open", events: "open", satellite_tokens: [], feed_tokens: [] },
    satellites: {
      max: 500,
      defaults: {
        wake: ["hub", "on-device", "button"],
        silence_ms: 700,
        follow_up: "asked",
        follow_up_ms: 8000,
      },
      by_id: {},
    },
    wake: { phrases: [{ text: "hey tars", sensitivity: 0.5 }], best_room: true },
    turn: { no_speech_ms: 5000, max_utterance_ms: 15_000, deadline_ms: 30_000, pre_roll_ms: 500 },
    engines: {
      hearing: "auto",
      stt: ["hearth", "sherpa", "pocketsphinx"],
      llm: [],
      tts: ["sherpa", "espeak"],
      host: { memory_limit_mb: 700, idle_minutes: 10, run_with: [] },
    },
    assistant: { language: "en", time_zone: "Europe/Vienna", clock: 12, units: "metric" },
    journal: { retention_days: 30, max_mb: 512 },
    events: { bridge: undefined },
    log: { level: "info" },
  });
});

test("every key has a description that is a sentence", () => {
  expect(
    configKeys.filter((key) => !/^[A-Z].*\.$/s.test(key.description)).map((key) => key.variable),
  ).toEqual([]);
});

test("no two keys share an environment variable", () => {
  expect(new Set(configKeys.map((key) => key.variable)).size).toBe(configKeys.length);
});

test("a section of comments only counts as absent", () => {
  expect(config("turn:\n  # deadline_ms: 1000\nserver: {port: 1}\n").server.port).toBe(1);
});

test("an unknown key is refused with its line and the key that was meant", () => {
  expect(problems("server:\n  port: 1\n  prot: 2\n")).toEqual([
    'hearth.yaml, line 3: there is no "server.prot". Did you mean "port"?',
  ]);
});

test("a key spelled in another case is recognised", () => {
  expect(problems("turn:\n  deadlineMs: 2000\n")).toEqual([
    'hearth.yaml, line 2: there is no "turn.deadlineMs". Did you mean "deadline_ms"?',
  ]);
});

test("a key written in the wrong section is pointed to its own", () => {
  expect(problems("port: 80\n")).toEqual([
    'hearth.yaml, line 1: there is no "port". Did you mean "server.port"?',
  ]);
});

test("a key like no other gets the list of what there is", () => {
  expect(problems("log:\n  zzzzzz: 1\n")).toEqual([
    'hearth.yaml, line 2: there is no "log.zzzzzz". "log" takes: level.',
  ]);
});

test("an unknown key of one satellite is found", () => {
  expect(problems("satellites:\n  by_id:\n    kitchen:\n      rom: Kitchen\n")).toEqual([
    'hearth.yaml, line 4: there is no "satellites.by_id.kitchen.rom". Did you mean "room"?',
  ]);
});

test("all problems are reported at once", () => {
  expect(
    problems("server:\n  port: 70000\nlog:\n  level: infos\n", { HEARTH_TURN_DEADLINE_MS: "soon" }),
  ).toEqual([
    "hearth.yaml, line 2: server.port is 70000; it must be at most 65535.",
    'HEARTH_TURN_DEADLINE_MS: turn.deadline_ms is "soon"; it must be a number.',
    'hearth.yaml, line 4: log.level is "infos"; it must be debug, info, warn or error. Did you mean "info"?',
  ]);
});

test.each([
  ["assistant: {clock: 13}", "assistant.clock is 13; it must be 12 or 24."],
  [
    "assistant: {time_zone: Mars}",
    "assistant.time_zone is not a time zone; write for example Europe/Vienna.",
  ],
  ["assistant: {language: '??'}", "assistant.language is not a language tag; write for example en or de-AT."],
  ["wake: {phrases: hey}", 'wake.phrases is "hey"; it must be a list.'],
  [
    "wake: {phrases: [{text: hey you, sensitivity: 2}]}",
    "wake.phrases[0].sensitivity is 2; it must be at most 1.",
  ],
  [
    "satellites: {defaults: {wake: [hub, buton]}}",
    'satellites.defaults.wake[1] is "buton"; it must be hub, on-device, button or always. Did you mean "button"?',
  ],
  [
    "satellites: {defaults: {wake: buton}}",
    'satellites.defaults.wake is "buton"; it must be hub, on-device, button or always. Did you mean "button"?',
  ],
  [
    "engines: {llm: [gpt]}",
    "engines.llm names a language model, but none is built in; leave the list empty.",
  ],
  ["engines: {voice: ''}", "engines.voice must have at least 1 characters."],
  ["turn: fast", 'turn is "fast"; it must be a section with keys.'],
])("%s is refused with a sentence", (yaml, sentence) => {
  expect(problems(yaml)).toEqual([`hearth.yaml, line 1: ${sentence}`]);
});

test("what is no YAML is refused with its line", () => {
  expect(problems("server:\n  port: 1\n port: 2\n")[0]).toStartWith(
    "hearth.yaml, line 3: this is not valid YAML: ",
  );
});

test("a key written twice is refused", () => {
  expect(problems("server: {port: 1}\nserver: {port: 2}\n")[0]).toStartWith("hearth.yaml, line 2: ");
});

test("a file of nested aliases is refused", () => {
  const bomb = [
    "a: &a [x,x,x,x,x,x,x,x,x,x]",
    ...["b", "c", "d", "e"].map(
      (key, at) => `${key}: &${key} [${Array(10).fill(`*${"abcd"[at]}`).join(",")}]`,
    ),
  ];

  expect(problems(bomb.join("\n"))).toEqual(["hearth.yaml: it uses too many aliases. Write the values out."]);
});

test("a file somebody named must exist", () => {
  const result = loadConfig({ file: "/etc/h.yaml", env: {}, readFile: () => undefined });

  expect(result).toEqual({ ok: false, problems: ["/etc/h.yaml: there is no such file. Check the path."] });
});

test("HEARTH_CONFIG names the file", () => {
  const result = loadConfig({
    env: { HEARTH_CONFIG: "/etc/h.yaml" },
    readFile: (path) => (path === "/etc/h.yaml" ? "server: {port: 7}" : undefined),
  });

  expect(result.ok && [result.config.server.port, result.file]).toEqual([7, "/etc/h.yaml"]);
});

test("a file that cannot be read is refused with the reason", () => {
  const denied = Object.assign(new Error("denied"), { code: "EACCES" });
  const result = loadConfig({
    dataDir: "/data",
    env: {},
    readFile: () => {
      throw denied;
    },
  });

  expect(result).toEqual({
    ok: false,
    problems: ["/data/hearth.yaml: it cannot be read (EACCES). Check that it is a file and who may read it."],
  });
});

test("the environment overrides the file, for every kind of key", () => {
  const loaded = config("server: {port: 1, host: localhost}\n", {
    HEARTH_SERVER_PORT: "2",
    HEARTH_HUB_NAME: "attic",
    HEARTH_WAKE_PHRASES: "hey you, computer",
    HEARTH_ENGINES_STT: '["pocketsphinx"]',
    HEARTH_SATELLITES_DEFAULTS_WAKE: "button,always",
    HEARTH_SATELLITES_BY_ID: '{"k":{"room":"Kitchen","silence_ms":300}}',
    HEARTH_ASSISTANT_CLOCK: "24",
    HEARTH_ENGINES_HOST_MEMORY_LIMIT_MB: "900",
    HEARTH_LOG_LEVEL: "",
    HEARTH_DATA: "/data",
    HEARTH_MODELS: "/m",
    HEARTH_SPEECH: "/s",
    OTHER: "x",
  });

  expect(loaded.server).toMatchObject({ port: 2, host: "localhost" });
  expect(loaded.hub.name).toBe("attic");
  expect(loaded.wake.phrases.map((phrase) => phrase.text)).toEqual(["hey you", "computer"]);
  expect(loaded.engines.stt).toEqual(["pocketsphinx"]);
  expect(loaded.satellites.defaults.wake).toEqual(["button", "always"]);
  expect(loaded.satellites.by_id).toEqual({ k: { room: "Kitchen", silence_ms: 300 } });
  expect(loaded.assistant.clock).toBe(24);
  expect(loaded.engines.host.memory_limit_mb).toBe(900);
  expect(loaded.log.level).toBe("info");
});

test("every key can be set by its variable", () => {
  const values = { text: "no tag or zone", number: "-1", boolean: "maybe", list: "zz,yy", map: "5" };
  // Names, addresses, voices, phrases and commands are any text.
  const takesAnyText = [
    "HEARTH_HUB_NAME",
    "HEARTH_SERVER_HOST",
    "HEARTH_SERVER_ALLOWED_HOSTS",
    "HEARTH_ENGINES_VOICE",
    "HEARTH_ENGINES_HOST_RUN_WITH",
    "HEARTH_WAKE_PHRASES",
    "HEARTH_EVENTS_BRIDGE_USERNAME",
    "HEARTH_EVENTS_BRIDGE_PASSWORD",
    "HEARTH_EVENTS_BRIDGE_PASSWORD_FILE",
  ];

  const silent = configKeys.filter(
    (key) =>
      !problems(undefined, { [key.variable]: values[key.kind] }).some((line) =>
        line.startsWith(`${key.variable}: `),
      ),
  );

  expect(silent.map((key) => key.variable)).toEqual(takesAnyText.toSorted((a, b) => order(a) - order(b)));
});

function order(variable: string): number {
  return configKeys.findIndex((key) => key.variable === variable);
}

test("a variable that names no key is refused with the one that was meant", () => {
  expect(
    problems(undefined, { HEARTH_SERVER_PROT: "1", HEARTH_DATTA: "/x", HEARTH_QQQQQQQQQQQQQQ: "1" }),
  ).toEqual([
    "HEARTH_DATTA: no setting has this variable. Did you mean HEARTH_DATA?",
    "HEARTH_QQQQQQQQQQQQQQ: no setting has this variable. Unset it; `hearth config keys` lists what there is.",
    "HEARTH_SERVER_PROT: no setting has this variable. Did you mean HEARTH_SERVER_PORT?",
  ]);
});

test("a variable that should be JSON and is not is refused", () => {
  expect(problems(undefined, { HEARTH_WAKE_PHRASES: "[hey" })).toEqual([
    'HEARTH_WAKE_PHRASES: this is not JSON. Write it like ["one", "two"].',
  ]);
});

test("a satellite's own settings come before the defaults", () => {
  const { satellites } = config(
    "satellites: {defaults: {volume: 0.4, silence_ms: 900}, by_id: {k: {room: Kitchen, wake: button, volume: 0}}}",
  );

  expect(satelliteSettings(satellites, "k")).toEqual({
    name: undefined,
    room: "Kitchen",
    wake: ["button"],
    silence_ms: 900,
    follow_up: "asked",
    follow_up_ms: 8000,
    volume: 0,
  });
  expect(satelliteSettings(satellites, "constructor").room).toBeUndefined();
});
