import { test } from "bun:test";
import { existsSync } from "node:fs";
import { espeakNg } from "#adapters/tts/espeak-ng.ts";
import { samplesOf } from "#core/pcm.ts";
import type { TextToSpeech } from "#ports/text-to-speech.ts";
import { concat } from "#sim/recording.ts";
import { speechPrograms, systemSpeak } from "#sim/sources.ts";
import { MODELS_DIR, recording, SPEECH_DIR } from "#testing/recordings.ts";
import { SAME_WORDS, sameWords } from "./same-words.ts";

/** A breath between the wake phrase and the command. */
const BREATH_MS = 250;

/** A test on recordings and models, with its own time limit; skipped, saying so, where one of them is absent. */
export function hearingTest(name: string, limitMs: number, run: () => Promise<void>): void {
  const absent = [MODELS_DIR, SPEECH_DIR].find((folder) => !existsSync(folder));
  if (absent === undefined) test(name, run, limitMs);
  else test.skip(`${name} (skipped: nothing at ${absent})`, run);
}

/** A recording without the silence around it, leaving 120 ms so that no sound is cut. */
export function spoken(path: string): Int16Array {
  return trimmed(recording(path));
}

/** A wake phrase, a breath, and a command. */
export function addressed(wake: Int16Array, command: Int16Array): Int16Array {
  return concat([wake, new Int16Array(samplesOf(BREATH_MS)), command]);
}

function trimmed(pcm: Int16Array): Int16Array {
  const loudest = pcm.reduce((peak, sample) => Math.max(peak, Math.abs(sample)), 0);
  const loud = (sample: number) => Math.abs(sample) > loudest * 0.05;
  const margin = samplesOf(120);
  const first = Math.max(0, pcm.findIndex(loud) - margin);
  return pcm.slice(first, Math.min(pcm.length, pcm.findLastIndex(loud) + margin));
}

const [program] = speechPrograms();
/** Where `syntheticSpeech` takes its voice from: flite is understood better by recognisers, Hearth's own is always there. */
export const SYNTHETIC_VOICE: string = program ?? "Hearth's own";

/** A text in a synthetic voice, 16 kHz mono, without the silence around it. */
export async function syntheticSpeech(text: string): Promise<Int16Array> {
  const speak = systemSpeak(program) ?? hubVoice;
  return trimmed(await speak(text, AbortSignal.timeout(20_000)));
}

let engine: Promise<TextToSpeech> | undefined;

/** A text as the hub's own espeak-ng says it. */
export async function hubVoice(text: string): Promise<Int16Array> {
  engine ??= espeakNg();
  const chunks = (await engine).speak(text, { signal: AbortSignal.timeout(20_000) });
  return concat(await Array.fromAsync(chunks));
}

/** Whether `heard` is the hub's voice saying these sentences, one after the other, from beginning to end. */
export async function says(sentences: readonly string[], heard: Int16Array): Promise<boolean> {
  const said: Int16Array[] = [];
  for (const sentence of sentences) said.push(await hubVoice(sentence));
  return sentences.length === 0 ? heard.length === 0 : sameWords(concat(said), heard) >= SAME_WORDS;
}
