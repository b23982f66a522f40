import type { EventOf, HubEvent } from "#events/hub-event.ts";

/** How much a line matters, for its colour. */
export type Tone = "said" | "answer" | "note" | "trouble" | "plain";

/** One event as a person reads it. */
export interface EventLine {
  /** Local time of day. */
  readonly time: string;
  /** The satellite, or what else it concerns. */
  readonly where: string;
  readonly text: string;
  readonly tone: Tone;
}

/** Longest text that is quoted; a terminal's line, roughly. */
const QUOTE_CHARACTERS = 160;

/** Turns events into lines, and remembers from them how the satellites are called. */
export class EventLines {
  readonly #names = new Map<string, string>();

  /** `hub` tells satellites of one name apart where events of several hubs come together. */
  line(event: HubEvent, hub = ""): EventLine {
    const { satellite_id: id } = event;
    if (event.type === "satellite_connected" && id !== null) {
      this.#names.set(`${hub}/${id}`, event.room ?? event.name ?? id);
    }
    const [text, tone] = story(event);
    return {
      time: new Date(event.timestamp * 1000).toTimeString().slice(0, 8),
      where: printable(id === null ? "hub" : (this.#names.get(`${hub}/${id}`) ?? id)),
      text,
      tone,
    };
  }
}

function story(event: HubEvent): [text: string, tone: Tone] {
  switch (event.type) {
    case "wake_detected":
      return [wake(event), "note"];
    case "wake_score":
      return [`${quote(event.phrase)} ${event.score.toFixed(2)} of ${event.threshold.toFixed(2)}`, "note"];
    case "best_room":
      return [`answers, as the best of ${event.claims.length} rooms that heard it`, "note"];
    case "speech_start":
      return ["somebody speaks", "note"];
    case "speech_end":
      return [`spoke for ${seconds(event.duration_ms)}`, "note"];
    case "stt_interim":
      return [`hears ${quote(event.text)} …`, "note"];
    case "stt_result":
      return [`heard ${quote(event.text)} (${event.confidence.toFixed(2)})`, "said"];
    case "decision":
      return [decision(event), "note"];
    case "llm_start":
      return [`asks ${printable(event.model)}`, "note"];
    case "llm_token":
      return [`thinks ${quote(event.token)}`, "note"];
    case "llm_result":
      return [`the model answered in ${seconds(event.duration_ms)}, ${event.token_count} tokens`, "note"];
    case "tts_start":
      return [`says ${quote(event.text)}`, "answer"];
    case "tts_result":
      return [`${seconds(event.audio_duration_ms)} of speech made in ${seconds(event.duration_ms)}`, "note"];
    case "stt_error":
    case "llm_error":
    case "tts_error":
      return [`${event.type.slice(0, 3)} failed: ${printable(event.error)}`, "trouble"];
    case "tool_call":
      return [`calls ${printable(event.tool_name)}`, "note"];
    case "tool_result":
      return [`${printable(event.tool_name)} answered in ${seconds(event.duration_ms)}`, "note"];
    case "tool_error":
      return [`${printable(event.tool_name)} failed: ${printable(event.error)}`, "trouble"];
    case "barge_in":
      return [`interrupted by ${event.by} after ${seconds(event.played_ms)}`, "note"];
    case "turn_state":
      return [`${event.previous} → ${event.state}`, "note"];
    case "turn_end":
      return [turnEnd(event), event.reason === "failed" ? "trouble" : "plain"];
    case "timer_set":
    case "timer_rang":
    case "timer_cancelled":
      return [timer(event), "plain"];
    case "satellite_connected":
      return [`connected from ${printable(event.remote_address)}${firmware(event)}`, "plain"];
    case "satellite_disconnected":
      return [`disconnected: ${event.code}${event.reason ? ` ${printable(event.reason)}` : ""}`, "plain"];
    case "satellite_event":
      return [`${printable(event.source)} ${printable(event.action)}`, "plain"];
    case "notification":
      return [printable(event.text), event.level === "info" ? "plain" : "trouble"];
    case "system_error":
      return [`${event.level}: ${printable(event.message)}`, "trouble"];
    case "provider_state":
      return [
        `${printable(event.role)} ${printable(event.engine)} is ${event.state}${detail(event.detail)}`,
        event.state === "unavailable" ? "trouble" : "plain",
      ];
    case "home_command":
      return [`${printable(event.entity_id)}: ${printable(event.command)}`, "plain"];
    case "audit":
      return [[event.actor, event.action, event.target, event.outcome].map(printable).join(" "), "note"];
    default:
      return [`${event.type} ${fields(event)}`.trimEnd(), "note"];
  }
}

function wake(event: EventOf<"wake_detected">): string {
  switch (event.source) {
    case "button":
      return "woken by its button";
    case "text":
      return "was typed to";
    case "follow-up":
      return "listens for an answer";
    case "always":
      return "woken by speech";
    case "hub":
    case "on-device":
      return `woken by ${quote(event.phrase)} (${event.score.toFixed(2)})`;
  }
}

function decision(event: EventOf<"decision">): string {
  switch (event.by) {
    case "intent":
      return `understood: ${printable(event.intent ?? event.reason)}`;
    case "model":
      return "asks the model";
    case "apology":
      return `cannot answer${detail(event.reason)}`;
  }
}

function turnEnd(event: EventOf<"turn_end">): string {
  const longest = event.trace.segments.toSorted((a, b) => b.ms - a.ms).slice(0, 3);
  const parts = longest.map(({ name, ms }) => `${printable(name)} ${seconds(ms)}`).join(", ");
  const told = event.reason.replaceAll("-", " ");
  return `turn ${told} after ${seconds(event.trace.total_ms)}${parts === "" ? "" : ` (${parts})`}`;
}

function timer(event: EventOf<"timer_set" | "timer_rang" | "timer_cancelled">): string {
  const name = event.name === null ? "timer" : `timer ${quote(event.name)}`;
  return `${name} ${event.type.slice("timer_".length)} (${seconds(event.duration_ms)})`;
}

function firmware(event: EventOf<"satellite_connected">): string {
  return event.firmware === null ? "" : `, firmware ${printable(event.firmware)}`;
}

function detail(text: string | null): string {
  return text === null || text === "" ? "" : `: ${printable(text)}`;
}

/** The fields of an event there is no sentence for. */
function fields(event: HubEvent): string {
  const hidden = new Set(["version", "seq", "timestamp", "type", "session_id", "satellite_id", "turn_id"]);
  return Object.entries(event)
    .filter(([key, value]) => !hidden.has(key) && value !== null)
    .map(([key, value]) => `${key}=${printable(typeof value === "string" ? value : JSON.stringify(value))}`)
    .join(" ");
}

function seconds(ms: number): string {
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(ms < 10_000 ? 1 : 0)} s`;
}

function quote(text: string): string {
  return `“${printable(text).trim()}”`;
}

/** Text from anywhere, safe for a terminal: one line, no control characters, not endless. */
function printable(text: string): string {
  const line = text.replaceAll(/[\p{Cc}\p{Cf}\u2028\u2029]+/gu, " ");
  return line.length > QUOTE_CHARACTERS ? `${line.slice(0, QUOTE_CHARACTERS)}…` : line;
}
