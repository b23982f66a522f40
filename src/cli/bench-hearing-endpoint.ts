import { Endpointer, type EndpointOptions } from "#core/endpoint.ts";
import { msOf } from "#core/pcm.ts";
import type { VoiceActivity } from "#ports/voice-activity.ts";
import { type Corpus, joined, soundOf } from "./bench-hearing-corpus.ts";
import { cpuMs, type Figure, percentile, turn } from "./bench-hearing-result.ts";
import { framesOf, hiss, padded, speechBounds } from "./bench-hearing-room.ts";

/** What of the endpoint bench may differ from run to run. */
export interface EndpointBenchOptions extends EndpointOptions {
  readonly limit: number;
  progress(what: string): void;
}

/** Pauses in the middle of an utterance that people make while they think, in ms. */
const PAUSES_MS = [400, 600];
/** A clip with no pause of its own, to make a pause of known length with: about a command's length. */
const SHORT_MS = 4000;
const BEFORE_MS = 500;
const AFTER_MS = 4000;

/** How long after the last sound an utterance is taken for finished, and how often while somebody still speaks. */
export async function measureEndpoint(
  engine: VoiceActivity,
  corpus: Corpus,
  options: EndpointBenchOptions,
): Promise<Figure[]> {
  const cpu = { usedMs: 0, audioMs: 0 };
  const silence = `${options.silenceMs} ms of silence`;
  const speeches = [...corpus.spoken.values()]
    .flatMap((clips) => clips.slice(0, options.limit))
    .map((clip) => trimmed(soundOf(corpus, clip)));
  const figures: Figure[] = [];

  options.progress("end of speech");
  const delays: number[] = [];
  const whole: Float32Array[] = [];
  let cut = 0;
  for (const speech of speeches) {
    const delayMs = await decided(engine, speech, options, cpu);
    if (delayMs === undefined) continue;
    if (delayMs < 0) cut += 1;
    else {
      delays.push(delayMs);
      whole.push(speech);
    }
  }
  for (const percent of [50, 90]) {
    figures.push({
      about: "end of speech",
      what: `decided after its last sound, p${percent}`,
      value: percentile(delays, percent),
      unit: "ms",
      of: `${delays.length} utterances; rule: ${silence}`,
    });
  }
  figures.push({
    about: "end of speech",
    what: "read sentences cut at their own pauses",
    value: (100 * cut) / speeches.length,
    unit: "%",
    of: `${cut} of ${speeches.length}; rule: ${silence}`,
  });

  const short = whole.filter((speech) => msOf(speech.length) <= SHORT_MS);
  for (const pauseMs of PAUSES_MS) {
    options.progress(`end of speech, pause of ${pauseMs} ms`);
    let cuts = 0;
    let pairs = 0;
    for (const [i, first] of short.entries()) {
      const second = short[(i + 1) % short.length];
      if (!second || short.length < 2) break;
      const delayMs = await decided(engine, joined([first, hiss(pauseMs), second]), options, cpu);
      pairs += 1;
      if (delayMs !== undefined && delayMs < 0) cuts += 1;
    }
    figures.push({
      about: "end of speech",
      what: `cut at a pause of ${pauseMs} ms`,
      value: (100 * cuts) / pairs,
      unit: "%",
      of: `${cuts} of ${pairs}; rule: ${silence}`,
    });
  }
  figures.push({
    about: "CPU",
    what: `voice activity, ${engine.name}`,
    value: cpu.usedMs / cpu.audioMs,
    unit: "× real time",
    of: `${(cpu.audioMs / 60_000).toFixed(0)} min of audio`,
  });
  return figures;
}

/**
 * When an utterance is decided to be over, in ms after its last sound; negative while it goes on, undefined never.
 *
 * The recogniser is taken to have understood something, as it has of every one of these.
 */
async function decided(
  engine: VoiceActivity,
  speech: Float32Array,
  options: EndpointOptions,
  cpu: { usedMs: number; audioMs: number },
): Promise<number | undefined> {
  const frames = framesOf(padded(speech, BEFORE_MS, AFTER_MS));
  const endMs = BEFORE_MS + msOf(speech.length);
  // Long readings are no utterances of a turn; the cap is not what is measured.
  const endpointer = new Endpointer({ ...options, maxUtteranceMs: 10 * 60_000 }, 0);
  const before = cpuMs();
  using stream = engine.open();
  let at = 0;
  let decidedMs: number | undefined;
  for (const frame of frames) {
    const score = stream.push(frame);
    at += frame.length;
    // Every clip is speech that a recogniser has words for soon after it began.
    if (msOf(at) > BEFORE_MS + 350) endpointer.understood(true);
    const decision = score === undefined ? endpointer.heard(at) : endpointer.voice(score, at);
    if (decision?.kind !== "utterance-end") continue;
    decidedMs = msOf(at) - endMs;
    break;
  }
  cpu.usedMs += cpuMs() - before;
  cpu.audioMs += msOf(at);
  await turn();
  return decidedMs;
}

/** Speech without the silence around it. */
function trimmed(sound: Float32Array): Float32Array {
  const { start, end } = speechBounds(sound);
  return sound.slice(start, end);
}
