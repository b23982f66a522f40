import type { EventOf } from "#events/hub-event.ts";

const BAR_COLUMNS = 40;

/** What each segment of a turn's trace means to a person. */
const MEANING: Readonly<Record<string, string>> = {
  wait: "until somebody spoke",
  speak: "somebody spoke",
  endpoint: "silence, to be sure of the end",
  transcribe: "the last words understood",
  think: "until the answer began",
  synthesise: "until its first sound was made",
  send: "until its first sound was sent",
  reply: "the answer was spoken",
};

/**
 * A turn's trace as lines: one bar per segment, each where it lies in time, then the total.
 *
 * Segments are contiguous, so the bars form a staircase and nothing is left out.
 */
export function waterfall(trace: EventOf<"turn_end">["trace"]): string[] {
  const total = Math.max(1, trace.total_ms);
  let before = 0;
  const lines = trace.segments.map(({ name, ms }) => {
    const from = Math.round((before / total) * BAR_COLUMNS);
    before += ms;
    const to = Math.max(from + 1, Math.round((before / total) * BAR_COLUMNS));
    const bar = `${" ".repeat(from)}${"█".repeat(to - from)}`
      .slice(0, BAR_COLUMNS + 1)
      .padEnd(BAR_COLUMNS + 1);
    return `${name.padEnd(11)}${ms.toFixed(0).padStart(7)} ms  ${bar}  ${MEANING[name] ?? ""}`.trimEnd();
  });
  return [...lines, `${"total".padEnd(11)}${trace.total_ms.toFixed(0).padStart(7)} ms`];
}
