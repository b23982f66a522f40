import { expect, test } from "bun:test";
import type { Log } from "#ports/log.ts";
import { createApp } from "./app.ts";
import { type HealthFacts, healthReport } from "./health.ts";

const silent: Log = { debug() {}, info() {}, warn() {}, error() {} };

const facts: HealthFacts = {
  version: "0.1.0",
  providers: {
    stt: { provider: "sherpa", status: "ok" },
    llm: { provider: "intents", status: "ok" },
    tts: { provider: "espeak", status: "ok" },
  },
  memory: { facts_count: 0, has_conversations: false },
  tools: [],
  skills: [],
  transport: { enabled: true, transports: ["satellite"], connections: 2 },
};

test("a healthy hub says ok in the client contract's shape", async () => {
  const app = createApp({ log: silent, health: () => healthReport(facts) });

  const response = await app.request("/health");

  expect(response.status).toBe(200);
  expect(response.headers.get("cache-control")).toBe("no-store");
  expect(await response.json()).toEqual({ status: "ok", reasons: [], ...facts });
});

test("an engine that is down makes the hub degraded, with the reason, and still answers 200", async () => {
  const providers = {
    ...facts.providers,
    stt: { provider: "none", status: "unavailable", detail: "No speech model is installed." },
    tts: { provider: "espeak", status: "degraded" },
  } as const;
  const app = createApp({
    log: silent,
    health: () => healthReport({ ...facts, providers }, ["The disk is full."]),
  });

  const response = await app.request("/health");

  expect(response.status).toBe(200);
  expect(await response.json()).toMatchObject({
    status: "degraded",
    reasons: ["The disk is full.", "No speech model is installed.", "The tts engine espeak is degraded."],
  });
});

test("the front page is plain text that tells version and status", async () => {
  const app = createApp({ log: silent, health: () => healthReport(facts, ["The disk is full."]) });

  const text = await (await app.request("/")).text();

  expect(text).toStartWith("Hearth 0.1.0 is running. Status: degraded.\n- The disk is full.\n");
});

test("an unknown address is a JSON 404", async () => {
  const app = createApp({ log: silent, health: () => healthReport(facts) });

  const response = await app.request("/nothing");

  expect(response.status).toBe(404);
  expect(await response.json()).toEqual({ error: "There is nothing at this address." });
});

test("an error inside a route is a JSON 500 that does not repeat the error, here or in the log", async () => {
  const lines: string[] = [];
  const app = createApp({
    log: { ...silent, error: (message, fields) => lines.push(JSON.stringify({ message, fields })) },
    health: () => {
      throw new Error("said in the kitchen");
    },
  });

  const response = await app.request("/health");

  expect(response.status).toBe(500);
  expect(await response.text()).not.toContain("kitchen");
  expect(lines).toEqual([
    JSON.stringify({ message: "an HTTP route failed", fields: { route: "/health", error: "Error" } }),
  ]);
});
