import { fft } from "./fft.ts";

/** From this score on the reference counts as heard. */
export const SAME_AUDIO = 0.85;

/** How surely a sound is contained in another, and where. */
export interface AudioMatch {
  /**
   * 1 when the reference is there sample by sample at any volume, 0 when nothing of it is. Measured with
   * espeak-ng and flite: a sentence of one to three seconds with noise and one gap of 190 ms in the middle of a
   * word 0.87 and above, a sentence that differs in one of five words up to 0.83, other sentences of the same
   * voice up to 0.60, other people up to 0.47. `SAME_AUDIO` is the line between.
   */
  readonly score: number;
  /** Where in the received sound the reference begins; meaningless for a low score, negative when its start is cut off. */
  readonly offsetSamples: number;
}

/** Long enough that another voice does not match it by chance, short enough that a gap ruins little. */
const BLOCK_SAMPLES = 4000;
/** How far a gap (or lost sound) may move a block against the one before it: 1 s. */
const MAX_SHIFT_SAMPLES = 16_000;

/**
 * Look for `reference` in `received`, both 16 kHz mono.
 *
 * Normalised cross-correlation in blocks of 250 ms, so that silence inserted by an underrun and sound lost in a
 * full buffer move the rest rather than hide it. The loudest block is searched everywhere, the others in order
 * around it; the score is the mean of theirs weighted by energy. Two seconds in twenty take about 0.2 s.
 */
export function findAudio(reference: Int16Array, received: Int16Array): AudioMatch {
  const blocks = blocksOf(reference);
  const loudest = blocks.reduce((best, block) => (block.energy > best.energy ? block : best), NO_BLOCK);
  if (loudest.energy === 0 || received.length === 0) return { score: 0, offsetSamples: 0 };
  const anchor = bestOffset(loudest.samples, received, 0, received.length);
  const at = blocks.indexOf(loudest);
  let weighted = anchor.score * loudest.energy;
  let first = anchor.offset - loudest.from;
  for (const direction of [1, -1]) {
    let shift = anchor.offset - loudest.from;
    for (let i = at + direction; i >= 0 && i < blocks.length; i += direction) {
      const block = blocks[i] ?? NO_BLOCK;
      if (block.energy === 0) continue;
      const from = block.from + shift - MAX_SHIFT_SAMPLES;
      const found = bestOffset(block.samples, received, from, block.from + shift + MAX_SHIFT_SAMPLES);
      weighted += found.score * block.energy;
      // Only a block that was really found says where the next one is to be looked for.
      if (found.score > 0.5) shift = found.offset - block.from;
      if (direction < 0) first = shift;
    }
  }
  const energy = blocks.reduce((sum, block) => sum + block.energy, 0);
  return { score: weighted / energy, offsetSamples: first };
}

interface Block {
  readonly from: number;
  readonly samples: Int16Array;
  readonly energy: number;
}

const NO_BLOCK: Block = { from: 0, samples: new Int16Array(0), energy: 0 };

function blocksOf(reference: Int16Array): Block[] {
  const count = Math.max(1, Math.round(reference.length / BLOCK_SAMPLES));
  return Array.from({ length: count }, (_, i) => {
    const from = Math.round((i * reference.length) / count);
    const samples = reference.subarray(from, Math.round(((i + 1) * reference.length) / count));
    return { from, samples, energy: energyOf(samples) };
  });
}

function energyOf(samples: Int16Array): number {
  let sum = 0;
  for (const sample of samples) sum += sample * sample;
  return sum;
}

/** The offset in [from, to) where `block` fits `received` best; sound outside `received` counts as silence. */
function bestOffset(
  block: Int16Array,
  received: Int16Array,
  from: number,
  to: number,
): { score: number; offset: number } {
  const start = Math.max(from, 1 - block.length);
  const end = Math.min(to, received.length);
  if (end <= start) return { score: 0, offset: start };
  const span = end - start + block.length;
  const size = 2 ** Math.ceil(Math.log2(span));
  const windowed = new Float64Array(size);
  for (let i = 0; i < span; i++) windowed[i] = received[start + i] ?? 0;
  const products = correlate(block, windowed);
  const norm = Math.sqrt(energyOf(block));
  let energy = 0;
  for (let i = 0; i < block.length; i++) energy += (windowed[i] ?? 0) ** 2;
  let best = { score: 0, offset: start };
  for (let i = 0; i < end - start; i++) {
    // One LSB of energy per sample: what is quieter than that is silence and matches nothing.
    if (energy > block.length) {
      const score = (products[i] ?? 0) / (norm * Math.sqrt(energy));
      if (score > best.score) best = { score, offset: start + i };
    }
    energy += (windowed[i + block.length] ?? 0) ** 2 - (windowed[i] ?? 0) ** 2;
  }
  return best;
}

/** Σ block[j]·sound[i+j] for every i. Its length is a power of two that holds both. */
function correlate(block: Int16Array, sound: Float64Array): Float64Array {
  const size = sound.length;
  const soundIm = new Float64Array(size);
  const blockRe = new Float64Array(size);
  const blockIm = new Float64Array(size);
  blockRe.set(block);
  const copy = Float64Array.from(sound);
  fft(copy, soundIm);
  fft(blockRe, blockIm);
  for (let i = 0; i < size; i++) {
    const [a, b, c, d] = [copy[i] ?? 0, soundIm[i] ?? 0, blockRe[i] ?? 0, blockIm[i] ?? 0];
    copy[i] = a * c + b * d;
    soundIm[i] = b * c - a * d;
  }
  fft(copy, soundIm, true);
  return copy;
}
