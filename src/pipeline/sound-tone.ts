import { bytesOf, FRAME_SAMPLES } from "#core/pcm.ts";
import { type ToneName, tone } from "#core/tones.ts";
import type { Satellite } from "#ports/satellite.ts";

/**
 * Sound a tone on a satellite.
 *
 * Satellites of the payload dialect play tones by name. The flat dialect knows no such command and closes its
 * microphone while it plays, so it is sent PCM, and no tone that would swallow the beginning of an utterance.
 */
export function soundTone(satellite: Satellite, name: ToneName): void {
  if (satellite.dialect !== "flat") {
    satellite.command({ command: "play_tone", tone: name });
    return;
  }
  if (name === "ack") return;
  const pcm = tone(name);
  satellite.speechStart("tone");
  // A tone is shorter than any speaker's buffer: it needs no pacing.
  for (let at = 0; at < pcm.length; at += FRAME_SAMPLES) {
    satellite.playAudioChunk(bytesOf(pcm.subarray(at, at + FRAME_SAMPLES)));
  }
  satellite.speechEnd("tone");
}
