/**
 * The hub's short sounds, for satellites that cannot play their own.
 *
 * Each is a few soft strokes: a sine with a fainter octave, dying away, faded in and out by 5 ms of raised
 * cosine so that nothing clicks. The direction tells what happened: up is good, down is over, level and low is
 * wrong, a repeated figure wants attention.
 */
import { samplesOf } from "./pcm.ts";

/** Names of the tones, as the satellite link knows them. */
export type ToneName = "ack" | "error" | "done" | "timer" | "cancel";

/** One stroke: pitch, and when it begins and ends from the tone's start, in ms. */
interface Stroke {
  readonly hz: number;
  readonly fromMs: number;
  readonly toMs: number;
}

/** Loudest sample: −14 dBFS, soft beside speech and clear of the −12 dBFS a tone may have. */
const PEAK = Math.round(32_767 * 10 ** (-14 / 20));
const FADE_MS = 5;
/** The octave above, against the fundamental: −15 dB takes the test-signal edge off a bare sine. */
const OCTAVE = 10 ** (-15 / 20);
/** A stroke falls to 1/e in this part of its length. */
const DECAY = 0.45;

// Equal-tempered pitches, A4 = 440 Hz.
const A3 = 220;
const E5 = 659.26;
const G5 = 783.99;
const A5 = 880;
const C6 = 1046.5;
const E6 = 1318.51;

const STROKES: Readonly<Record<ToneName, readonly Stroke[]>> = {
  // "I am listening": one short rise, over before the person speaks.
  ack: [
    { hz: A5, fromMs: 0, toMs: 70 },
    { hz: E6, fromMs: 55, toMs: 150 },
  ],
  // "Done": a slower, settled rise.
  done: [
    { hz: G5, fromMs: 0, toMs: 140 },
    { hz: C6, fromMs: 110, toMs: 330 },
  ],
  // "Never mind": the mirror of done.
  cancel: [
    { hz: C6, fromMs: 0, toMs: 120 },
    { hz: G5, fromMs: 95, toMs: 290 },
  ],
  // "That did not work": the same low note twice.
  error: [
    { hz: A3, fromMs: 0, toMs: 150 },
    { hz: A3, fromMs: 180, toMs: 380 },
  ],
  // "Time is up": a figure of three, twice.
  timer: [0, 550].flatMap((at) => [
    { hz: E5, fromMs: at, toMs: at + 130 },
    { hz: A5, fromMs: at + 120, toMs: at + 250 },
    { hz: C6, fromMs: at + 240, toMs: at + 450 },
  ]),
};

/** Synthesise a tone. Shape: [samples] int16 at 16 kHz, at most 1.1 s, peak −14 dBFS; the caller owns it. */
export function tone(name: ToneName): Int16Array {
  const strokes = STROKES[name];
  const mix = new Float64Array(samplesOf(Math.max(...strokes.map((stroke) => stroke.toMs))));
  for (const stroke of strokes) addStroke(mix, stroke);
  const loudest = mix.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  return Int16Array.from(mix, (value) => Math.round((value / loudest) * PEAK));
}

function addStroke(mix: Float64Array, { hz, fromMs, toMs }: Stroke): void {
  const start = samplesOf(fromMs);
  const length = samplesOf(toMs) - start;
  const fade = samplesOf(FADE_MS);
  const turn = (2 * Math.PI * hz) / samplesOf(1000);
  for (let n = 0; n < length; n++) {
    const edge = Math.min(n, length - 1 - n, fade) / fade;
    const envelope = ((1 - Math.cos(Math.PI * edge)) / 2) * Math.exp(-n / (length * DECAY));
    const value = Math.sin(turn * n) + OCTAVE * Math.sin(2 * turn * n);
    mix[start + n] = (mix[start + n] ?? 0) + value * envelope;
  }
}
