import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { SAMPLE_RATE_HZ, samplesOf } from "#core/pcm.ts";
import { Resampler } from "#core/resample.ts";
import { parseWav, toMono } from "#core/wav.ts";
import type { TextToSpeech } from "#ports/text-to-speech.ts";

/** One thing the demo says to the hub. */
interface DemoUtterance {
  /** What is said, for the screen. */
  readonly text: string;
  /** 16 kHz mono: the wake phrase, a breath, and the command; several takes, to be tried until the hub wakes. */
  readonly takes: readonly Int16Array[];
}

/** What the demo says, and the phrase the hub must listen for. */
export interface DemoScript {
  readonly phrase: string;
  /** Where the voices come from, as a sentence for the screen. */
  readonly source: string;
  readonly utterances: readonly DemoUtterance[];
}

// A person takes a breath after the wake phrase.
const BREATH_MS = 250;
// A person who is not heard says it again, and then gives up.
const TAKES = 3;

/** Recordings of real people, where a folder of them is at hand. */
const RECORDED: readonly (readonly [text: string, file: string])[] = [
  ["what time is it", "sentences/r3-time.wav"],
  ["set a timer for ten minutes", "sentences/r3-timer.wav"],
  ["what's the date today", "sentences/r3-date.wav"],
];

const SPOKEN: readonly string[] = [
  "what time is it",
  "set a timer for ten minutes",
  "how much time is left",
  "what is twelve times seven",
];

/** The folder of recorded speech: `HEARTH_SPEECH`, else one beside a checkout; undefined when there is none. */
export function speechFolder(
  checkout: string,
  env: Readonly<Record<string, string | undefined>>,
): string | undefined {
  const { HEARTH_SPEECH: named } = env;
  const folder = named ?? join(checkout, "..", "shared", "speech");
  return existsSync(join(folder, "sentences")) && existsSync(join(folder, "wake")) ? folder : undefined;
}

/** A script of real recordings: somebody says "computer", and then a command. */
export function recordedScript(folder: string): DemoScript {
  const wakes = readdirSync(join(folder, "wake", "computer"))
    .filter((name) => name.endsWith(".wav"))
    .sort();
  const utterances = RECORDED.map(([text, file], i) => {
    const command = trimmed(readPcm(join(folder, file)));
    const takes = Array.from({ length: TAKES }, (_, take) => {
      const name = wakes[(i * TAKES + take) % wakes.length] ?? "";
      return joined(trimmed(readPcm(join(folder, "wake", "computer", name))), breath(), command);
    });
    return { text: `Computer, ${text}`, takes };
  });
  return { phrase: "computer", source: `recordings of people in ${folder}`, utterances };
}

/** A script in a synthetic voice: `flite` where it is installed, which recognisers understand better, else `tts`. */
export async function syntheticScript(tts: TextToSpeech): Promise<DemoScript> {
  const flite = Bun.which("flite");
  const speak = flite ? (text: string) => withFlite(flite, text) : (text: string) => withEngine(tts, text);
  const utterances: DemoUtterance[] = [];
  for (const text of SPOKEN) {
    const wake = await speak("computer");
    const pcm = joined(trimmed(wake), breath(), trimmed(await speak(text)));
    utterances.push({ text: `Computer, ${text}`, takes: Array.from({ length: TAKES }, () => pcm) });
  }
  const source = flite ? "flite, a synthetic voice" : "the hub's own synthetic voice";
  return { phrase: "computer", source, utterances };
}

async function withFlite(flite: string, text: string): Promise<Int16Array> {
  const child = Bun.spawn([flite, "-voice", "slt", "-t", text, "-o", "/dev/stdout"], {
    stdout: "pipe",
    stderr: "ignore",
  });
  const bytes = new Uint8Array(await new Response(child.stdout).arrayBuffer());
  if ((await child.exited) !== 0) throw new Error("flite could not speak; is the package complete?");
  return pcmOf(bytes, "flite");
}

async function withEngine(tts: TextToSpeech, text: string): Promise<Int16Array> {
  const chunks = await Array.fromAsync(tts.speak(text, { signal: AbortSignal.timeout(20_000) }));
  return joined(...chunks);
}

function readPcm(path: string): Int16Array {
  return pcmOf(readFileSync(path), path);
}

function pcmOf(bytes: Uint8Array, name: string): Int16Array {
  const wav = parseWav(bytes);
  if (!wav.ok) throw new Error(`${name} cannot be read: ${wav.problem}`);
  const mono = toMono(wav.wav);
  if (wav.wav.rateHz === SAMPLE_RATE_HZ) return mono;
  const resampler = new Resampler({ fromHz: wav.wav.rateHz, toHz: SAMPLE_RATE_HZ });
  return joined(resampler.push(mono), resampler.flush());
}

/** Without the silence around it, leaving a little so that no word is cut. */
function trimmed(pcm: Int16Array): Int16Array {
  const loudest = pcm.reduce((peak, sample) => Math.max(peak, Math.abs(sample)), 0);
  const loud = (sample: number) => Math.abs(sample) > loudest * 0.05;
  const margin = samplesOf(120);
  const first = Math.max(0, pcm.findIndex(loud) - margin);
  const last = Math.min(pcm.length, pcm.findLastIndex(loud) + margin);
  return pcm.slice(first, last);
}

function breath(): Int16Array {
  return new Int16Array(samplesOf(BREATH_MS));
}

function joined(...parts: readonly Int16Array[]): Int16Array {
  const all = new Int16Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
