import { abortable } from "#adapters/stt/abortable.ts";
import { FRAME_SAMPLES } from "#core/pcm.ts";
import type { HearingEngine } from "#ports/hearing-engine.ts";
import type { SpeechToText } from "#ports/speech-to-text.ts";

/**
 * A hearing engine as a recogniser of audio that is handed over, for where no ear has heard it.
 *
 * English. An interim comes at most every 320 ms of audio, when the text has changed; the final part names the
 * command that is likeliest. Nobody tells it of voice, so it never says whether the person may be done.
 */
export function hearingSpeech(engine: HearingEngine): SpeechToText {
  return {
    name: engine.name,
    async *transcribe(frames, { signal }) {
      signal.throwIfAborted();
      using stream = engine.open([]);
      const utterance = stream.utterance(0);
      let sample = 0;
      for await (const frame of abortable(frames, signal)) {
        stream.push(frame, sample);
        sample += FRAME_SAMPLES;
        const part = utterance.next();
        if (part) yield part;
      }
      yield utterance.finish();
    },
  };
}
