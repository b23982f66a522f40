import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { samplesOf } from "#core/pcm.ts";
import type { TextToSpeech } from "#ports/text-to-speech.ts";
import { readWav, type Speak, speechPrograms, systemSpeak } from "#sim/sources.ts";

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
// Long enough for a voice that has yet to load on a slow card.
const SPEAK_MS = 20_000;

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
export async function recordedScript(folder: string): Promise<DemoScript> {
  const wakes = readdirSync(join(folder, "wake", "computer"))
    .filter((name) => name.endsWith(".wav"))
    .sort();
  const utterances: DemoUtterance[] = [];
  for (const [i, [text, file]] of RECORDED.entries()) {
    const command = trimmed(await readWav(join(folder, file)));
    const takes: Int16Array[] = [];
    for (let take = 0; take < TAKES; take++) {
      const name = wakes[(i * TAKES + take) % wakes.length] ?? "";
      takes.push(joined(trimmed(await readWav(join(folder, "wake", "computer", name))), breath(), command));
    }
    utterances.push({ text: `Computer, ${text}`, takes });
  }
  return { phrase: "computer", source: `recordings of people in ${folder}`, utterances };
}

/** A script in a synthetic voice: the machine's speech program, which recognisers understand better, else `tts`. */
export async function syntheticScript(tts: TextToSpeech): Promise<DemoScript> {
  const [program] = speechPrograms();
  const speak: Speak = systemSpeak(program) ?? engineSpeak(tts);
  const say = async (text: string) => trimmed(await speak(text, AbortSignal.timeout(SPEAK_MS)));
  const utterances: DemoUtterance[] = [];
  for (const text of SPOKEN) {
    const pcm = joined(await say("computer"), breath(), await say(text));
    utterances.push({ text: `Computer, ${text}`, takes: Array.from({ length: TAKES }, () => pcm) });
  }
  const source = program === undefined ? "the hub's own synthetic voice" : `${program}, a synthetic voice`;
  return { phrase: "computer", source, utterances };
}

/** A voice of Hearth's own as the simulator wants it. */
export function engineSpeak(tts: TextToSpeech): Speak {
  return async (text, signal) => joined(...(await Array.fromAsync(tts.speak(text, { signal }))));
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
