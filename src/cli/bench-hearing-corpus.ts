import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { SAMPLE_RATE_HZ } from "#core/pcm.ts";
import { Resampler } from "#core/resample.ts";
import { parseWav, toMono } from "#core/wav.ts";
import { wordsOf } from "#core/words.ts";

/** One recording of a folder with a manifest. */
export interface Clip {
  /** Path below the folder. */
  readonly file: string;
  /** The first part of the path: `sentences`, `wake`, … */
  readonly group: string;
  /** What is said, undefined where the manifest has none. */
  readonly transcript: string | undefined;
  /** What is meant where that was written down instead: `[slots] size=large; roast=dark roast`. */
  readonly slots: Readonly<Record<string, string>> | undefined;
}

/** A folder of recordings, sorted by what each is good for. */
export interface Corpus {
  readonly folder: string;
  /** Clips of each wake phrase, by the phrase. */
  readonly wakes: ReadonlyMap<string, readonly Clip[]>;
  /** Clips in which none of the phrases is said. */
  readonly negatives: readonly Clip[];
  /** Clips with a transcript, by group. */
  readonly spoken: ReadonlyMap<string, readonly Clip[]>;
  /** Clips of which is known what is meant, but not in which words, by group. */
  readonly orders: ReadonlyMap<string, readonly Clip[]>;
  /** Background noise, to be mixed under other clips. */
  readonly noise: readonly Clip[];
}

/**
 * Read `MANIFEST.tsv`: a line of column names, of which `file` and `transcript` count, then a line for each file.
 *
 * Files below `wake/` say their transcript; a transcript in square brackets describes instead of quoting. Files
 * that are not there are left out.
 *
 * @throws {Error} when there is no manifest or it lacks a column; the message is a sentence for the owner.
 */
export function readCorpus(folder: string): Corpus {
  const path = join(folder, "MANIFEST.tsv");
  if (!existsSync(path)) throw new Error(`There is no MANIFEST.tsv in ${folder}.`);
  const [head = "", ...lines] = readFileSync(path, "utf8").split(/\r?\n/);
  const columns = head.split("\t");
  const [file, transcript] = [columns.indexOf("file"), columns.indexOf("transcript")];
  if (file === -1 || transcript === -1) {
    throw new Error(`${path} must begin with a line that names the columns "file" and "transcript".`);
  }
  const clips = lines
    .map((line) => line.split("\t"))
    .filter((cells) => cells[file]?.endsWith(".wav") && existsSync(join(folder, cells[file])))
    .map((cells) => clipOf(cells[file] ?? "", cells[transcript]?.trim() ?? ""));
  return sorted(folder, clips);
}

function clipOf(file: string, transcript: string): Clip {
  const isQuote = transcript !== "" && !transcript.startsWith("[");
  return {
    file,
    group: file.split("/")[0] ?? "",
    transcript: isQuote ? transcript : undefined,
    slots: slotsOf(transcript),
  };
}

/** Slots by name, in the letters of rule names: `coffeeDrink` is `coffee_drink`. */
function slotsOf(label: string): Clip["slots"] {
  const listed = /^\[slots\] (.+)$/.exec(label)?.[1];
  if (listed === undefined) return undefined;
  const slots: Record<string, string> = {};
  for (const [, name = "", value = ""] of listed.matchAll(/([^=;]+)=([^;]+)/g)) {
    const snake = name
      .trim()
      .replace(/(?<=[a-z])[A-Z]/g, "_$&")
      .toLowerCase()
      .replace(/[^a-z]+/g, "_");
    slots[snake] = wordsOf(value).join(" ");
  }
  return slots;
}

function sorted(folder: string, clips: readonly Clip[]): Corpus {
  const wakes = grouped(
    clips.filter(({ group, transcript }) => group === "wake" && transcript !== undefined),
    ({ transcript = "" }) => transcript.toLowerCase(),
  );
  const phrases = [...wakes.keys()];
  const saysPhrase = ({ transcript = "" }: Clip) =>
    phrases.some((phrase) => ` ${transcript.toLowerCase()} `.includes(` ${phrase} `));
  return {
    folder,
    wakes,
    negatives: clips.filter((clip) => !saysPhrase(clip)),
    spoken: grouped(
      clips.filter(({ group, transcript }) => group !== "wake" && transcript !== undefined),
      ({ group }) => group,
    ),
    orders: grouped(
      clips.filter(({ slots }) => slots !== undefined),
      ({ group }) => group,
    ),
    noise: clips.filter(({ group }) => group === "noise"),
  };
}

function grouped(
  clips: readonly Clip[],
  keyOf: (clip: Clip) => string,
): ReadonlyMap<string, readonly Clip[]> {
  const groups = new Map<string, Clip[]>();
  for (const clip of clips) {
    const key = keyOf(clip);
    groups.set(key, [...(groups.get(key) ?? []), clip]);
  }
  return groups;
}

/**
 * A clip's sound at 16 kHz, full scale being 1.
 *
 * @throws {Error} when it is no 16-bit PCM WAV.
 */
export function soundOf({ folder }: Corpus, { file }: Clip): Float32Array {
  const parsed = parseWav(readFileSync(join(folder, file)));
  if (!parsed.ok) throw new Error(`${file}: ${parsed.problem}`);
  const mono = toMono(parsed.wav);
  const { rateHz } = parsed.wav;
  if (rateHz === SAMPLE_RATE_HZ) return floats(mono);
  const resampler = new Resampler({ fromHz: rateHz, toHz: SAMPLE_RATE_HZ });
  return joined([floats(resampler.push(mono)), floats(resampler.flush())]);
}

/** Sounds one after the other. */
export function joined(sounds: readonly Float32Array[]): Float32Array {
  const whole = new Float32Array(sounds.reduce((length, sound) => length + sound.length, 0));
  let at = 0;
  for (const sound of sounds) {
    whole.set(sound, at);
    at += sound.length;
  }
  return whole;
}

function floats(samples: Int16Array): Float32Array {
  return Float32Array.from(samples, (sample) => sample / 32_768);
}
