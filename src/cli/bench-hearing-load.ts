import { msOf } from "#core/pcm.ts";
import type { HearingEngine } from "#ports/hearing-engine.ts";
import type { VoiceActivity } from "#ports/voice-activity.ts";
import type { WakePhrase, WakeWord } from "#ports/wake-word.ts";
import { type Corpus, joined, soundOf } from "./bench-hearing-corpus.ts";
import { cpuMs, type Figure, turn } from "./bench-hearing-result.ts";
import { framesOf } from "./bench-hearing-room.ts";

/** Sound that is listened to: enough for a figure that two runs agree on. */
const LISTEN_S = 60;

/** What one satellite costs while nothing but listening is done for it, and while an utterance is read besides. */
export async function measureLoad(
  { wakeWord, hearing }: { readonly wakeWord: WakeWord; readonly hearing: HearingEngine | undefined },
  voiceActivity: VoiceActivity,
  corpus: Corpus,
  phrases: readonly WakePhrase[],
): Promise<Figure[]> {
  const sounds: Float32Array[] = [];
  let samples = 0;
  for (const clip of corpus.negatives) {
    if (samples >= LISTEN_S * 16_000) break;
    const sound = soundOf(corpus, clip);
    samples += sound.length;
    sounds.push(sound);
  }
  const frames = framesOf(joined(sounds)).slice(0, LISTEN_S * 50);
  const figures: Figure[] = [];
  for (const reads of hearing ? [false, true] : [false]) {
    const before = cpuMs();
    using voice = voiceActivity.open();
    using ear = hearing?.open(phrases);
    using words = hearing ? undefined : wakeWord.open(phrases);
    using utterance = reads ? ear?.utterance(0) : undefined;
    let at = 0;
    for (const frame of frames) {
      (ear ?? words)?.push(frame, at);
      const score = voice.push(frame);
      at += frame.length;
      if (score !== undefined) ear?.voice(score, at);
      utterance?.next();
    }
    const usedMs = cpuMs() - before;
    await turn();
    figures.push({
      about: "CPU",
      what: reads ? "one satellite, while it is spoken to" : "one satellite, listening",
      value: (100 * usedMs) / msOf(at),
      unit: "% of a core",
      of: `${(msOf(at) / 1000).toFixed(0)} s of speech; ${phrases.length} phrase(s) and voice activity, without the pipe`,
    });
  }
  return figures;
}
