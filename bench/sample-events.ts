import type { EventDraft } from "#events/hub-event.ts";

const SENTENCE = "the quick brown fox jumps over the lazy dog and then it sets a timer for ten minutes";

/**
 * A durable event of the kind a turn is made of, about 330 bytes as JSON, as research gives for a mean event.
 *
 * `text` is different in every one, so that an index has something to do.
 */
export function sampleEvent(index: number): EventDraft<"stt_result"> {
  return {
    type: "stt_result",
    session_id: `session-${index % 7}`,
    satellite_id: "kitchen",
    turn_id: `turn-${Math.floor(index / 10)}`,
    text: `${index} ${SENTENCE}`,
    confidence: 0.93,
    duration_ms: 1234.5,
    language: "en",
  };
}
