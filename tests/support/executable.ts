import { test } from "bun:test";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { espeakNg } from "#adapters/tts/espeak-ng.ts";
import { findAudio } from "#sim/audio-compare.ts";
import { concat } from "#sim/recording.ts";
import { MODELS_DIR, SPEECH_DIR } from "#testing/recordings.ts";

/** The checkout the executables were built from. */
export const CHECKOUT = resolve(import.meta.dir, "../..");
/** The executable for this machine. */
const OWN = join(CHECKOUT, "dist", `hearth-${process.platform}-${process.arch}`);
/** The executable for a Raspberry Pi. */
const ARM64 = join(CHECKOUT, "dist/hearth-linux-arm64");
/** Where Debian's packages for cross builds put arm64's C library. */
const ARM64_LIBRARIES = "/usr/aarch64-linux-gnu";
const EMULATOR = "qemu-aarch64-static";
const POCKETSPHINX_MODEL = "/usr/share/pocketsphinx/model/en-us/en-us";

/** What runs arm64 programs here; nothing on arm64 itself. */
export const EMULATION: readonly string[] = process.arch === "arm64" ? [] : [EMULATOR, "-L", ARM64_LIBRARIES];

/** A test of the executable for this machine; skipped, saying so, where none was built. */
export function executableTest(name: string, limitMs: number, run: () => Promise<void>): void {
  either(name, limitMs, run, existsSync(OWN) ? undefined : `no ${OWN}; scripts/build makes it`);
}

/** As `executableTest`, for what has to hear: also skipped where there is nothing to hear with, or no voice to hear. */
export function listeningTest(name: string, limitMs: number, run: () => Promise<void>): void {
  const noEars = !existsSync(MODELS_DIR) && !existsSync(POCKETSPHINX_MODEL);
  const noVoice = !existsSync(SPEECH_DIR) && !Bun.which("flite");
  const missing = [
    ...(existsSync(OWN) ? [] : [`no ${OWN}; scripts/build makes it`]),
    ...(noEars ? [`no models at ${MODELS_DIR} and no PocketSphinx`] : []),
    ...(noVoice ? [`no speech at ${SPEECH_DIR} and no flite`] : []),
  ];
  either(name, limitMs, run, missing[0]);
}

/** A test of the arm64 executable, emulated where need be; skipped, saying so, where that cannot be. */
export function arm64Test(name: string, limitMs: number, run: () => Promise<void>): void {
  const emulated = EMULATION.length > 0;
  const missing = [
    ...(existsSync(ARM64) ? [] : [`no ${ARM64}; scripts/build arm64 makes it`]),
    ...(emulated && !Bun.which(EMULATOR) ? [`no ${EMULATOR}; apt-get install qemu-user-static`] : []),
    ...(emulated && !existsSync(ARM64_LIBRARIES)
      ? [`nothing at ${ARM64_LIBRARIES}; apt-get install libc6-arm64-cross libstdc++6-arm64-cross`]
      : []),
  ];
  either(name, limitMs, run, missing[0]);
}

function either(name: string, limitMs: number, run: () => Promise<void>, missing: string | undefined): void {
  if (missing === undefined) test(name, run, limitMs);
  else test.skip(`${name} (skipped: ${missing})`, run);
}

/** A place far from the sources, removed when disposed. */
export interface Away extends AsyncDisposable {
  /** Working directory of `own` and `arm64`. */
  readonly cwd: string;
  readonly home: string;
  readonly temporary: string;
  /** The home and nothing else of this process's; what was recorded and learnt is named where it is there. */
  readonly env: Readonly<Record<string, string>>;
  /** The executable for this machine, started in `cwd`. */
  readonly own: readonly string[];
  /** The arm64 executable, started in `cwd`. */
  readonly arm64: readonly string[];
}

/** Make such a place. */
export async function away(): Promise<Away> {
  const folder = await mkdtemp(join(tmpdir(), "hearth-executable-"));
  const [cwd, home, temporary] = [join(folder, "cwd"), join(folder, "home"), join(folder, "tmp")];
  for (const place of [cwd, home, temporary]) await mkdir(place);
  // exec: signals must reach the executable itself.
  const there = ["sh", "-c", 'cd "$0" && exec "$@"', cwd];
  const { PATH = "" } = process.env;
  return {
    cwd,
    home,
    temporary,
    env: {
      PATH,
      HOME: home,
      TMPDIR: temporary,
      ...(existsSync(MODELS_DIR) ? { HEARTH_MODELS: MODELS_DIR } : {}),
      ...(existsSync(SPEECH_DIR) ? { HEARTH_SPEECH: SPEECH_DIR } : {}),
    },
    own: [...there, OWN],
    arm64: [...there, ...EMULATION, ARM64],
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}

/** How a command ended. */
export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Run a command to its end. */
export async function ran(
  command: readonly string[],
  options: { readonly env: Readonly<Record<string, string>>; readonly cwd?: string },
): Promise<Ran> {
  const child = Bun.spawn([...command], {
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
    env: { ...options.env },
    cwd: options.cwd ?? "/",
  });
  const [stdout, stderr, code] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
  return { code, stdout, stderr };
}

/**
 * How surely `heard` is what a hub says first in its life: the lowest of the sentences' scores.
 *
 * espeak-ng varies its pitch from one utterance to the next; a new one repeats the variation of the hub's.
 */
export async function firstWordsScore(sentences: readonly string[], heard: Int16Array): Promise<number> {
  const voice = await espeakNg();
  const scores: number[] = [];
  for (const sentence of sentences) {
    const chunks = await Array.fromAsync(voice.speak(sentence, { signal: AbortSignal.timeout(20_000) }));
    scores.push(findAudio(concat(chunks), heard).score);
  }
  return scores.length === 0 ? 0 : Math.min(...scores);
}
