import { FRAME_SAMPLES, msOf, type PcmFrame, SAMPLE_RATE_HZ, samplesOf } from "#core/pcm.ts";
import { fft } from "#sim/fft.ts";
import { joined } from "./bench-hearing-corpus.ts";

/** Where a recording is played back: as it is, beside a noise, or in a room with hard walls. */
export type Condition = "clean" | "noise" | "reverb";

/** Speech above the noise, in dB. */
const NOISE_DB = 10;
/** The room's own noise, under the reverberation. */
const REVERB_NOISE_DB = 20;
/** Time in which the reverberation falls by 60 dB, and how far the direct sound stands above all of it. */
const REVERB_S = 0.45;
const DIRECT_DB = 2;
/** Reverberation begins this much after the direct sound: the first wall is 40 cm away. */
const FIRST_ECHO_SAMPLES = 40;
/** Frames this far below the loudest do not count as speech. */
const SPEECH_FLOOR = 1e-3;
/** What a quiet microphone gives, as parts of full scale. */
const HISS = 1e-4;

/** Longest extra silence before a clip: one decoding step of streaming zipformers, 320 ms. */
const STEP_SAMPLES = 5120;

/**
 * A clip as a satellite in that place would hear it, with half a second or a little more before it and one second
 * after.
 *
 * How much more depends on the seed: a recogniser that decodes in steps hears a word better or worse by where in a
 * step it begins, and people begin anywhere ("computer" was found 45 to 56 times of 60 by that alone).
 *
 * The same `seed` always gives the same sound. `noise` may be empty; then there is none to mix.
 */
export function inRoom(
  sound: Float32Array,
  condition: Condition,
  noise: Float32Array,
  seed: number,
): Float32Array {
  const random = normal(seed);
  const around = padded(sound, msOf(leadSamples(seed)), 1000, random);
  switch (condition) {
    case "clean":
      return around;
    case "noise":
      return mixed(around, noise, NOISE_DB, random);
    case "reverb":
      return reverberated(mixed(around, noise, REVERB_NOISE_DB, random), random);
  }
}

/** Where in the sound of `inRoom` the clip itself begins. */
export function leadSamples(seed: number): number {
  return samplesOf(500) + ((seed * 677) % STEP_SAMPLES);
}

/** A sound with near-silence around it: digital silence is nothing a microphone gives. */
export function padded(
  sound: Float32Array,
  beforeMs: number,
  afterMs: number,
  random = normal(1),
): Float32Array {
  return joined([hiss(beforeMs, random), sound, hiss(afterMs, random)]);
}

/** Near-silence. */
export function hiss(ms: number, random = normal(1)): Float32Array {
  return Float32Array.from({ length: samplesOf(ms) }, () => random() * HISS);
}

/** Cut a sound into frames; an incomplete last one is filled up with silence. */
export function framesOf(sound: Float32Array): PcmFrame[] {
  return Array.from({ length: Math.ceil(sound.length / FRAME_SAMPLES) }, (_, n) => {
    const frame = new Int16Array(FRAME_SAMPLES);
    const part = sound.subarray(n * FRAME_SAMPLES, (n + 1) * FRAME_SAMPLES);
    for (const [i, value] of part.entries()) {
      frame[i] = Math.max(-32_768, Math.min(32_767, Math.round(value * 32_768)));
    }
    return frame;
  });
}

/**
 * Where speech begins and ends, in samples: the first and last 60 ms in a row within 25 dB of the loudest.
 *
 * Softer ends are left out on purpose: in recordings made in rooms they cannot be told from breath and echo.
 */
export function speechBounds(sound: Float32Array): { readonly start: number; readonly end: number } {
  const powers = framePowers(sound);
  const floor = Math.max(...powers) * 10 ** -2.5;
  const lasts = (at: number) => [at, at + 1, at + 2].every((frame) => (powers[frame] ?? 0) > floor);
  const first = powers.findIndex((_, at) => lasts(at));
  const last = powers.findLastIndex((_, at) => lasts(at));
  return { start: Math.max(0, first) * FRAME_SAMPLES, end: (last + 3) * FRAME_SAMPLES };
}

function mixed(
  sound: Float32Array,
  noise: Float32Array,
  aboveDb: number,
  random: () => number,
): Float32Array {
  if (noise.length === 0) return sound;
  const powers = framePowers(sound);
  const loudest = Math.max(...powers);
  const speech = powers.filter((power) => power > loudest * SPEECH_FLOOR);
  const speechPower = speech.reduce((sum, power) => sum + power, 0) / Math.max(1, speech.length);
  const from = Math.floor(Math.abs(random()) * noise.length);
  const under = sound.map((_, i) => noise[(from + i) % noise.length] ?? 0);
  const gain = Math.sqrt(speechPower / 10 ** (aboveDb / 10) / (power(under) + 1e-12));
  return sound.map((value, i) => value + gain * (under[i] ?? 0));
}

/** Convolve with a room made of noise that dies away exponentially, and keep the loudness. */
function reverberated(sound: Float32Array, random: () => number): Float32Array {
  const length = Math.floor(REVERB_S * SAMPLE_RATE_HZ);
  const room = Float64Array.from({ length }, (_, i) =>
    i < FIRST_ECHO_SAMPLES ? 0 : random() * 10 ** ((-3 * i) / length),
  );
  const energy = room.reduce((sum, value) => sum + value * value, 0);
  const scale = Math.sqrt(10 ** (-DIRECT_DB / 10) / energy);
  const size = 2 ** Math.ceil(Math.log2(sound.length + length));
  const [hRe, hIm, xRe, xIm] = [0, 0, 0, 0].map(() => new Float64Array(size));
  if (!hRe || !hIm || !xRe || !xIm) throw new Error("unreachable: four arrays were just made");
  hRe.set(room.map((value) => value * scale));
  hRe[0] = 1;
  xRe.set(sound);
  fft(hRe, hIm);
  fft(xRe, xIm);
  for (let i = 0; i < size; i++) {
    const [a, b, c, d] = [xRe[i] ?? 0, xIm[i] ?? 0, hRe[i] ?? 0, hIm[i] ?? 0];
    xRe[i] = a * c - b * d;
    xIm[i] = a * d + b * c;
  }
  fft(xRe, xIm, true);
  const heard = Float32Array.from(xRe.subarray(0, sound.length));
  const gain = Math.min(0.9, peak(sound)) / Math.max(1e-9, peak(heard));
  return heard.map((value) => value * gain);
}

function framePowers(sound: Float32Array): number[] {
  return Array.from({ length: Math.max(1, Math.floor(sound.length / FRAME_SAMPLES)) }, (_, n) =>
    power(sound.subarray(n * FRAME_SAMPLES, (n + 1) * FRAME_SAMPLES)),
  );
}

function power(sound: Float32Array): number {
  return sound.reduce((sum, value) => sum + value * value, 0) / Math.max(1, sound.length);
}

function peak(sound: Float32Array): number {
  return sound.reduce((loudest, value) => Math.max(loudest, Math.abs(value)), 0);
}

/** Normally distributed numbers (Box and Muller 1958) from mulberry32, the same for the same seed. */
export function normal(seed: number): () => number {
  let state = seed | 0;
  const uniform = () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
  return () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
}
