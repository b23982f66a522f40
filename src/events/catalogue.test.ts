import { expect, test } from "bun:test";
import { CATALOGUE, type EventDraft } from "./hub-event.ts";
import { checkDraft, eventText, isDurable, isEventType, stamp } from "./stamp.ts";

/** The high-priority types of the original contract. */
const CONTRACT_HIGH = [
  "system_info",
  "system_error",
  "stt_result",
  "stt_error",
  "llm_result",
  "llm_error",
  "tts_result",
  "tts_error",
  "memory_store",
  "tool_result",
  "tool_error",
  "conversation_start",
  "conversation_turn",
  "conversation_end",
];
const CONTRACT_LOW = [
  "system_metrics",
  "stt_start",
  "stt_interim",
  "llm_start",
  "llm_token",
  "tts_start",
  "tts_progress",
  "tts_status",
  "memory_retrieve",
  "tool_call",
  "latency_trace",
  "component_timing",
  "component_status",
  "component_error",
  "component_health",
  "system_status",
  "integration_metrics",
  "performance_alert",
  "performance_metrics",
];

/** The event a draft becomes, or what is wrong with it. */
function made(draft: EventDraft) {
  const check = checkDraft(draft);
  return check.ok ? stamp(check.draft, 7, 1234.5) : check.problem;
}

/** A draft that the type checker would refuse. */
function wrong(draft: Record<string, unknown>) {
  return made(draft as unknown as EventDraft);
}

test("every type of the contract exists with the priority its integration layer gave it", () => {
  expect(CONTRACT_HIGH.filter((type) => !(isEventType(type) && isDurable(type)))).toEqual([]);
  expect(CONTRACT_LOW.filter((type) => !isEventType(type) || isDurable(type))).toEqual([]);
});

test("no type's field takes a name of the envelope", () => {
  const reserved = ["version", "seq", "timestamp", "type", "session_id", "satellite_id", "turn_id"];

  const taken = Object.entries(CATALOGUE).flatMap(([type, { fields }]) =>
    Object.keys(fields)
      .filter((field) => reserved.includes(field))
      .map((field) => `${type}.${field}`),
  );

  expect(taken).toEqual([]);
});

test("an event's members stand in the contract's order, whatever order its publisher wrote", () => {
  const event = made({
    turn_id: "t",
    duration_ms: 10,
    confidence: 0.5,
    text: "hi",
    type: "stt_result",
    session_id: "s",
  });

  expect(JSON.stringify(event)).toBe(
    '{"version":"1.0","seq":7,"timestamp":1234.5,"type":"stt_result","session_id":"s",' +
      '"text":"hi","confidence":0.5,"duration_ms":10,"language":null,"satellite_id":null,"turn_id":"t"}',
  );
});

test("the contract's defaults are filled in", () => {
  expect(made({ type: "stt_start" })).toMatchObject({ mode: "push_to_talk" });
  expect(made({ type: "llm_start", prompt: "p", model: "m" })).toMatchObject({ temperature: 0.7 });
  expect(made({ type: "system_info" })).toMatchObject({ data: {} });
  expect(made({ type: "stt_interim", text: "t" })).toMatchObject({ confidence: 0 });
});

test("prompts are cut to 200 characters and remembered content to 100", () => {
  const prompt = made({ type: "llm_start", prompt: "p".repeat(201), model: "m" });
  const exact = made({ type: "llm_start", prompt: "p".repeat(200), model: "m" });
  const memory = { memory_type: "fact", importance: 1, memory_id: "m" };
  const content = made({ type: "memory_store", content_preview: "c".repeat(300), ...memory });

  expect(prompt).toMatchObject({ prompt: `${"p".repeat(200)}...` });
  expect(exact).toMatchObject({ prompt: "p".repeat(200) });
  expect(content).toMatchObject({ content_preview: `${"c".repeat(100)}...` });
});

test("a field the type does not have is dropped, also one named like the envelope's", () => {
  const event = wrong({
    type: "conversation_start",
    conversation_id: "c",
    colour: "red",
    seq: 99,
    version: "2",
  });

  expect(event).toMatchObject({ seq: 7, version: "1.0" });
  expect(event).not.toHaveProperty("colour");
});

test("enums, ranges, numbers and ids are really checked", () => {
  expect(wrong({ type: "tts_status", status: "asleep" })).toBe("status: invalid_value");
  expect(wrong({ type: "system_error", level: "fatal", message: "m" })).toBe("level: invalid_value");
  expect(wrong({ type: "stt_interim", text: "t", confidence: 1.5 })).toBe("confidence: too_big");
  expect(wrong({ type: "speech_end", duration_ms: Number.NaN })).toBe("duration_ms: invalid_type");
  expect(wrong({ type: "speech_start", session_id: 7 })).toBe("session_id: invalid_type");
  expect(wrong({ type: "constructor" })).toBe("unknown type");
});

test("what JSON would not carry unchanged is refused, however deep", () => {
  const cycle: { self?: unknown } = {};
  cycle.self = cycle;
  const bad = [
    cycle,
    { at: new Date(0) },
    { n: Number.POSITIVE_INFINITY },
    { f: () => 1 },
    { list: [undefined] },
  ];

  for (const result of bad) {
    const draft = { type: "tool_result", tool_name: "t", call_id: "c", duration_ms: 1, result };
    expect(wrong(draft)).toBe("result: custom");
  }
});

test("a problem never quotes what was said", () => {
  const problem = wrong({ type: "stt_result", text: { my: "secret" }, confidence: "secret", duration_ms: 1 });

  expect(problem).toBe("text: invalid_type");
});

test("an event's text is made once", () => {
  const event = made({ type: "speech_start" });
  if (typeof event === "string") throw new Error(event);

  expect(eventText(event)).toBe(JSON.stringify(event));
});
