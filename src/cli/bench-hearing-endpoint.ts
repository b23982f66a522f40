import { type CommandGrammar, commandsIn } from "#assistant/command-grammar.ts";
import { Endpointer, type EndpointOptions } from "#core/endpoint.ts";
import type { GrammarSource } from "#core/grammar.ts";
import { msOf, samplesOf } from "#core/pcm.ts";
import type { HearingEngine } from "#ports/hearing-engine.ts";
import type { VoiceActivity } from "#ports/voice-activity.ts";
import { type Clip, type Corpus, joined, soundOf } from "./bench-hearing-corpus.ts";
import { orderGrammar } from "./bench-hearing-orders.ts";
import { type Figure, percentile, turn } from "./bench-hearing-result.ts";
import { framesOf, hiss, padded, speechBounds } from "./bench-hearing-room.ts";

/** What of the endpoint bench may differ from run to run. */
export interface EndpointBenchOptions extends EndpointOptions {
  readonly limit: number;
  readonly commands: CommandGrammar;
  progress(what: string): void;
}

/** Engines that tell whether somebody is done: the detector, and the one that knows the commands where there is one. */
export interface EndpointEngines {
  readonly voiceActivity: VoiceActivity;
  readonly hearing: HearingEngine | undefined;
}

/** Pauses in the middle of an utterance that people make while they think, in ms. */
const PAUSES_MS = [400, 600];
/** Longest speech that is an utterance and no reading. */
const LONGEST_MS = 6000;
const BEFORE_MS = 500;
const AFTER_MS = 3000;

/** Speech of one kind, and the commands it is heard with. */
interface Kind {
  readonly name: string;
  readonly clips: readonly Clip[];
  readonly grammar: GrammarSource;
}

/** How long after the last sound an utterance is taken for finished, and how often while somebody still speaks. */
export async function measureEndpoint(
  engines: EndpointEngines,
  corpus: Corpus,
  options: EndpointBenchOptions,
): Promise<Figure[]> {
  const rule = `${engines.hearing ? "what was said, else " : ""}${options.silenceMs} ms of silence`;
  const figures: Figure[] = [];
  for (const { name, clips, grammar } of kindsOf(corpus, options.commands)) {
    options.progress(`end of speech: ${name}`);
    engines.hearing?.setVocabulary({ grammar });
    const speeches = clips
      .slice(0, options.limit)
      .map((clip) => trimmed(soundOf(corpus, clip)))
      .filter((speech) => msOf(speech.length) <= LONGEST_MS);
    if (speeches.length === 0) continue;
    figures.push(...(await measureKind(engines, name, speeches, rule, options)));
  }
  return figures;
}

function kindsOf(corpus: Corpus, commands: CommandGrammar): readonly Kind[] {
  const spoken = [...corpus.spoken.values()].flat();
  const isCommand = ({ transcript = "" }: Clip) => commandsIn(commands, transcript) !== undefined;
  const house = commands.source;
  return [
    { name: "commands", clips: spoken.filter(isCommand), grammar: house },
    ...[...corpus.orders].map(([name, clips]) => ({ name, clips, grammar: orderGrammar(clips) })),
    { name: "sentences", clips: spoken.filter((clip) => !isCommand(clip)), grammar: house },
  ];
}

async function measureKind(
  engines: EndpointEngines,
  name: string,
  speeches: readonly Float32Array[],
  rule: string,
  options: EndpointBenchOptions,
): Promise<Figure[]> {
  const about = `end of speech, ${name}`;
  const delays: number[] = [];
  const whole: Float32Array[] = [];
  let cut = 0;
  for (const speech of speeches) {
    const delayMs = await decided(engines, speech, options);
    if (delayMs === undefined) continue;
    if (delayMs < 0) cut += 1;
    else {
      delays.push(delayMs);
      whole.push(speech);
    }
  }
  const figures: Figure[] = [50, 90].map((percent) => ({
    about,
    what: `decided after its last sound, p${percent}`,
    value: percentile(delays, percent),
    unit: "ms",
    of: `${delays.length} utterances; rule: ${rule}`,
  }));
  figures.push({
    about,
    what: "cut at their own pauses",
    value: (100 * cut) / speeches.length,
    unit: "%",
    of: `${cut} of ${speeches.length}`,
  });
  for (const pauseMs of PAUSES_MS) {
    let cuts = 0;
    for (const speech of whole) {
      const at = quietestSample(speech);
      const paused = joined([speech.subarray(0, at), hiss(pauseMs), speech.subarray(at)]);
      const delayMs = await decided(engines, paused, options);
      if (delayMs !== undefined && delayMs < 0) cuts += 1;
    }
    figures.push({
      about,
      what: `cut at a pause of ${pauseMs} ms`,
      value: (100 * cuts) / whole.length,
      unit: "%",
      of: `${cuts} of ${whole.length}, the pause where they are quietest in the middle`,
    });
  }
  return figures;
}

/** When an utterance is decided to be over, in ms after its last sound; negative while it goes on, undefined never. */
async function decided(
  { voiceActivity, hearing }: EndpointEngines,
  speech: Float32Array,
  options: EndpointOptions,
): Promise<number | undefined> {
  const frames = framesOf(padded(speech, BEFORE_MS, AFTER_MS));
  const endMs = BEFORE_MS + msOf(speech.length);
  // Long readings are no utterances of a turn; the cap is not what is measured.
  const endpointer = new Endpointer({ ...options, maxUtteranceMs: 10 * 60_000 }, 0);
  using stream = voiceActivity.open();
  using ear = hearing?.open([]);
  using utterance = ear?.utterance(0);
  let at = 0;
  let decidedMs: number | undefined;
  for (const frame of frames) {
    ear?.push(frame, at);
    const score = stream.push(frame);
    at += frame.length;
    // A recogniser that does not listen here is taken to have understood something soon after the speech began.
    if (!utterance && msOf(at) > BEFORE_MS + 350) endpointer.understood(true);
    let decision = score === undefined ? endpointer.heard(at) : endpointer.voice(score, at);
    if (score !== undefined) ear?.voice(score, at);
    const part = utterance?.next();
    if (part) decision ??= endpointer.understood(part.text !== "", part.completeness);
    if (decision?.kind !== "utterance-end") continue;
    decidedMs = msOf(at) - endMs;
    break;
  }
  await turn();
  return decidedMs;
}

/** Where in its middle third speech is quietest: most likely between two words. */
function quietestSample(speech: Float32Array): number {
  const window = samplesOf(20);
  let quietest = Math.floor(speech.length / 2);
  let least = Number.POSITIVE_INFINITY;
  for (let at = Math.floor(speech.length / 3); at < (2 * speech.length) / 3; at += window) {
    const energy = speech.subarray(at, at + window).reduce((sum, value) => sum + value * value, 0);
    if (energy >= least) continue;
    least = energy;
    quietest = at + window / 2;
  }
  return quietest;
}

/** Speech without the silence around it. */
function trimmed(sound: Float32Array): Float32Array {
  const { start, end } = speechBounds(sound);
  return sound.slice(start, end);
}
