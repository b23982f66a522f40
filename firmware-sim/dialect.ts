import { type SatelliteMessage, ServerMessage } from "#protocol/satellite.ts";

/** How a satellite talks: Hearth's additions, the original plan's messages, or the Pi client's flat JSON. */
export type Dialect = "hearth" | "plain" | "flat";

/** What each firmware understands. Everything else passes it by, as an old device ignores new messages. */
const UNDERSTOOD: Readonly<Record<Dialect, ReadonlySet<string>>> = {
  hearth: new Set(["server_command", "server_status", "hello", "speech_start", "speech_end"]),
  plain: new Set(["server_command", "server_status"]),
  flat: new Set(["start_of_tts_stream", "tts_stream_end", "session_end"]),
};

/** Commands named in the original plan; later ones mean nothing to plain firmware. */
const PLAIN_COMMANDS: ReadonlySet<string> = new Set(["play_tone", "set_led_color", "reboot"]);

/**
 * Read one text frame of the hub as this firmware would: a message, `ignored` for what is right but unknown to
 * this firmware, `garbled` for what no firmware could read.
 */
export function readDownlink(text: string, dialect: Dialect): ServerMessage | "ignored" | "garbled" {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return "garbled";
  }
  const parsed = ServerMessage.safeParse(json);
  if (!parsed.success) return "garbled";
  const message = parsed.data;
  if (!UNDERSTOOD[dialect].has(message.type)) return "ignored";
  const command = message.type === "server_command" ? message.payload.command : undefined;
  if (dialect === "plain" && command !== undefined && !PLAIN_COMMANDS.has(command)) return "ignored";
  return message;
}

/** Flat JSON of the Pi client: these three, and nothing else. */
function flatType(message: SatelliteMessage): string | undefined {
  if (message.type === "event") return message.payload.source === "wake" ? "hotword_detected" : undefined;
  return message.type === "playback_complete" || message.type === "session_end" ? message.type : undefined;
}

/** The text frame by which this firmware says `message`, undefined when it has no words for it. */
export function writeUplink(message: SatelliteMessage, dialect: Dialect): string | undefined {
  switch (dialect) {
    case "hearth":
      return JSON.stringify(message);
    case "plain": {
      if (message.type === "client_status") {
        const { uptime_ms, heap_free, wifi_rssi } = message.payload;
        return JSON.stringify({ type: message.type, payload: { uptime_ms, heap_free, wifi_rssi } });
      }
      if (message.type !== "event" || message.payload.source === "mute") return undefined;
      const { source, action } = message.payload;
      return JSON.stringify({ type: message.type, payload: { source, action } });
    }
    case "flat": {
      const type = flatType(message);
      return type === undefined ? undefined : JSON.stringify({ type });
    }
  }
}
