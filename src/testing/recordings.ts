import { test } from "bun:test";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { FRAME_SAMPLES, type PcmFrame } from "#core/pcm.ts";
import { parseWav } from "#core/wav.ts";

const { HEARTH_MODELS, HEARTH_SPEECH } = process.env;
const BESIDE = resolve(import.meta.dir, "../../../shared");
/** Folder of models: `HEARTH_MODELS`, else `../shared/models` beside the repository. */
export const MODELS_DIR = HEARTH_MODELS ?? join(BESIDE, "models");
/** Folder of recorded speech: `HEARTH_SPEECH`, else `../shared/speech` beside the repository. */
export const SPEECH_DIR = HEARTH_SPEECH ?? join(BESIDE, "speech");

/** `test`, or where one of the folders is absent a skip whose name says so. */
export function testWith(
  ...folders: readonly string[]
): (name: string, run: () => void | Promise<void>) => void {
  const absent = folders.find((folder) => !existsSync(folder));
  return (name, run) => {
    if (absent === undefined) test(name, run, 60_000);
    else test.skip(`${name} (skipped: nothing at ${absent})`, run);
  };
}

/** The recordings of a folder of speech, as paths for `recording`; sorted. */
export function recordingsIn(folder: string): string[] {
  const names = readdirSync(join(SPEECH_DIR, folder), { recursive: true }).map(String);
  return names
    .filter((name) => name.endsWith(".wav"))
    .sort()
    .map((name) => join(folder, name));
}

/** The samples of a recording, at its own rate. */
export function recording(path: string): Int16Array {
  const parsed = parseWav(readFileSync(join(SPEECH_DIR, path)));
  if (!parsed.ok) throw new Error(`${path}: ${parsed.problem}`);
  return parsed.wav.samples;
}

/** Recordings one after the other with `silenceMs` of near-silence before, between and after them. */
export function joined(recordings: readonly Int16Array[], silenceMs: number): Int16Array {
  const gap = silenceMs * 16;
  const total = recordings.reduce((sum, { length }) => sum + length + gap, gap);
  // A dither of one step, the same every time: digital silence is nothing a microphone gives.
  const whole = Int16Array.from({ length: total }, (_, n) => ((Math.imul(n, 2_654_435_761) >>> 30) - 1) | 0);
  let at = gap;
  for (const samples of recordings) {
    whole.set(samples, at);
    at += samples.length + gap;
  }
  return whole;
}

/** Cut samples into frames; an incomplete last frame is left out. */
export function framesOf(samples: Int16Array): PcmFrame[] {
  return Array.from({ length: Math.floor(samples.length / FRAME_SAMPLES) }, (_, n) =>
    samples.slice(n * FRAME_SAMPLES, (n + 1) * FRAME_SAMPLES),
  );
}
