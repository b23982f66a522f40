import type { EventBus } from "#ports/event-bus.ts";
import type { Instruments } from "./instruments.ts";

/** Time the stages of turns from what they publish, until `signal` aborts. */
export function timeEvents(bus: EventBus, instruments: Instruments, signal: AbortSignal): void {
  const name = { name: "instruments", signal };
  bus.on("turn_end", name, ({ trace, reason }) => {
    for (const segment of trace.segments) instruments.trackOperation("turn", segment.name, segment.ms);
    instruments.trackOperation("turn", "total", trace.total_ms, { reason });
  });
  bus.on("llm_result", name, ({ duration_ms, token_count }) => {
    instruments.trackOperation("llm", "generate", duration_ms, { token_count });
  });
  bus.on("tts_result", name, ({ duration_ms, audio_duration_ms, success }) => {
    instruments.trackOperation("tts", "synthesise", duration_ms, { audio_duration_ms, success });
  });
  bus.on("tool_result", name, ({ tool_name, duration_ms }) => {
    instruments.trackOperation("tool", tool_name, duration_ms);
  });
}
