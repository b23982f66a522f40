import { msOf, SAMPLE_RATE_HZ } from "#core/pcm.ts";
import type { WakePhrase, WakeWord } from "#ports/wake-word.ts";
import { type Corpus, joined, soundOf } from "./bench-hearing-corpus.ts";
import { cpuMs, type Figure, percentile, turn } from "./bench-hearing-result.ts";
import { type Condition, framesOf, inRoom, leadSamples, speechBounds } from "./bench-hearing-room.ts";

/** What of the wake bench may differ from run to run. */
export interface WakeOptions {
  readonly conditions: readonly Condition[];
  /** Most clips of each phrase and of the negatives. */
  readonly limit: number;
  /** Phrases listened for beside those of the recordings: the configured ones. */
  readonly phrases: readonly WakePhrase[];
  progress(what: string): void;
}

/** Names people give, listened for in the clean recordings besides, so that there are hours enough to judge by. */
const NAMES = [
  "hey tars",
  "okay hearth",
  "hello house",
  "hey jarvis",
  "hey buddy",
  "good morning hearth",
  "hey marvin",
  "samantha",
  "hey athena",
  "hey mycroft",
  "okay nabu",
  "hey rhasspy",
  "galatea",
  "hey winston",
  "archimedes",
  "hello butler",
  "hey penelope",
  "okay sebastian",
  "terminator",
  "hey barista",
  "porcupine",
  "bumblebee",
  "grasshopper",
  "hey orion",
];

/** Of the recordings in which nobody says a phrase, every so many is listened to in noise and reverberation too. */
const NOISY_EVERY = 4;

interface Heard {
  readonly phrase: string;
  readonly reportedAtMs: number;
}

/** How many wakes are found, in each place, and how often one is heard that nobody said. */
export async function measureWake(engine: WakeWord, corpus: Corpus, options: WakeOptions): Promise<Figure[]> {
  const noise = joined(corpus.noise.map((clip) => soundOf(corpus, clip)));
  const figures: Figure[] = [];
  const cpu = { usedMs: 0, audioMs: 0 };
  const phrases = phrasesOf(corpus, options.phrases);

  for (const condition of options.conditions) {
    if (condition === "noise" && noise.length === 0) continue;
    let [allHits, allClips] = [0, 0];
    const allLateMs: number[] = [];
    for (const [phrase, clips] of corpus.wakes) {
      options.progress(`wake, ${condition}: ${phrase}`);
      let hits = 0;
      const lateMs: number[] = [];
      const used = clips.slice(0, options.limit);
      for (const [seed, clip] of used.entries()) {
        const clear = soundOf(corpus, clip);
        const sound = inRoom(clear, condition, noise, seed);
        const heard = await listen(engine, [typed(phrase)], sound, cpu);
        const [first] = heard;
        if (!first) continue;
        hits += 1;
        lateMs.push(first.reportedAtMs - msOf(leadSamples(seed) + speechBounds(clear).end));
      }
      allHits += hits;
      allClips += used.length;
      allLateMs.push(...lateMs);
      figures.push({
        about: `wake, ${condition}`,
        what: `"${phrase}" found`,
        value: (100 * hits) / used.length,
        unit: "%",
        of: `${hits} of ${used.length}${hits > 0 ? `; ${delays(lateMs)}` : ""}`,
      });
    }
    figures.push({
      about: `wake, ${condition}`,
      what: "all phrases found",
      value: (100 * allHits) / allClips,
      unit: "%",
      of: `${allHits} of ${allClips}, ${corpus.wakes.size} phrases${allLateMs.length > 0 ? `; ${delays(allLateMs)}` : ""}`,
    });
    const listened = condition === "clean" ? phrasesOf(corpus, [...phrases, ...NAMES.map(typed)]) : phrases;
    figures.push(await falseAlarms(engine, corpus, listened, condition, noise, options, cpu));
  }
  figures.push({
    about: "CPU",
    what: "wake",
    value: cpu.usedMs / cpu.audioMs,
    unit: "× real time",
    of: `${(cpu.audioMs / 60_000).toFixed(0)} min of audio`,
  });
  return figures;
}

async function falseAlarms(
  engine: WakeWord,
  corpus: Corpus,
  phrases: readonly WakePhrase[],
  condition: Condition,
  noise: Float32Array,
  options: WakeOptions,
  cpu: Cpu,
): Promise<Figure> {
  options.progress(`false alarms, ${condition}`);
  const counts = new Map<string, number>();
  let hours = 0;
  const every = condition === "clean" ? 1 : NOISY_EVERY;
  const used = corpus.negatives.filter((_, n) => n % every === 0).slice(0, options.limit * 10);
  for (const [seed, clip] of used.entries()) {
    const sound = inRoom(
      soundOf(corpus, clip),
      condition,
      clip.group === "noise" ? new Float32Array(0) : noise,
      seed,
    );
    hours += sound.length / SAMPLE_RATE_HZ / 3600;
    // All at once: each phrase listens for itself, so the hours count once for each.
    for (const { phrase } of await listen(engine, phrases, sound, cpu)) {
      counts.set(phrase, (counts.get(phrase) ?? 0) + 1);
    }
  }
  const total = [...counts.values()].reduce((sum, count) => sum + count, 0);
  const keywordHours = hours * phrases.length;
  const which = [...counts].map(([phrase, count]) => `${phrase} ${count}`).join(", ");
  return {
    about: `wake, ${condition}`,
    what: "false alarms",
    value: total / keywordHours,
    unit: "per keyword-hour",
    of: `${total} in ${keywordHours.toFixed(2)} keyword-hours (${phrases.length} phrases, ${used.length} clips)${which && `: ${which}`}`,
  };
}

interface Cpu {
  usedMs: number;
  audioMs: number;
}

async function listen(
  engine: WakeWord,
  phrases: readonly WakePhrase[],
  sound: Float32Array,
  cpu: Cpu,
): Promise<Heard[]> {
  const frames = framesOf(sound);
  const heard: Heard[] = [];
  const before = cpuMs();
  using stream = engine.open(phrases);
  let at = 0;
  for (const frame of frames) {
    const detection = stream.push(frame, at);
    at += frame.length;
    if (detection) heard.push({ phrase: detection.phrase, reportedAtMs: msOf(at) });
  }
  cpu.usedMs += cpuMs() - before;
  cpu.audioMs += msOf(at);
  await turn();
  return heard;
}

/** The phrases of the recordings and the configured ones, each once. */
function phrasesOf(corpus: Corpus, configured: readonly WakePhrase[]): readonly WakePhrase[] {
  const phrases = new Map([...corpus.wakes.keys()].map((text) => [text, typed(text)]));
  for (const phrase of configured) phrases.set(phrase.text.toLowerCase(), phrase);
  return [...phrases.values()];
}

function typed(text: string): WakePhrase {
  return { text, sensitivity: 0.5 };
}

function delays(lateMs: readonly number[]): string {
  const [p50, p90] = [50, 90].map((percent) => Math.round(percentile(lateMs, percent)));
  return `reported ${p50} ms after its end p50, ${p90} ms p90`;
}
