/**
 * PCM as it travels inside Hearth: signed 16-bit, mono, 16 kHz, cut into frames of exactly 20 ms.
 */

/** Samples per second of every frame inside Hearth. */
export const SAMPLE_RATE_HZ = 16_000;
/** Length of one frame in milliseconds. */
export const FRAME_MS = 20;
/** Samples in one frame. */
export const FRAME_SAMPLES = 320;
/** Bytes in one frame on the wire (s16le). */
export const FRAME_BYTES = 640;

/** Exactly 20 ms of PCM. Shape: [320] int16. */
export type PcmFrame = Int16Array;

/** Convert a duration to samples at 16 kHz, rounded down. */
export function samplesOf(ms: number): number {
  return Math.floor((ms * SAMPLE_RATE_HZ) / 1000);
}

/** Convert samples at 16 kHz to milliseconds. */
export function msOf(samples: number): number {
  return (samples * 1000) / SAMPLE_RATE_HZ;
}

/** View samples as little-endian bytes without copying. The view shares memory with `samples`. */
export function bytesOf(samples: Int16Array): Uint8Array {
  return new Uint8Array(samples.buffer, samples.byteOffset, samples.byteLength);
}

/** Copy little-endian bytes into samples. A trailing odd byte is left out. */
export function samplesFromBytes(bytes: Uint8Array): Int16Array {
  const even = bytes.byteLength & ~1;
  // Copy: a socket buffer may start at an odd offset, which Int16Array rejects.
  // Not `slice`: a Node Buffer's shares memory, and its `.buffer` is the whole pool.
  return new Int16Array(new Uint8Array(bytes.subarray(0, even)).buffer);
}

/**
 * Cuts a byte stream of any chunking into 20 ms frames.
 *
 * Odd bytes and incomplete frames are carried over to the next push. Each emitted frame is a fresh array that
 * the receiver may keep.
 */
export class Framer {
  readonly #pending = new Uint8Array(FRAME_BYTES);
  readonly #pendingSamples = new Int16Array(this.#pending.buffer);
  #length = 0;

  /** Bytes waiting for the rest of their frame, 0..639. */
  get pendingBytes(): number {
    return this.#length;
  }

  /** Add bytes; call `emit` once for every frame they complete. The caller may reuse `bytes` afterwards. */
  push(bytes: Uint8Array, emit: (frame: PcmFrame) => void): void {
    if (this.#length === 0 && bytes.byteLength === FRAME_BYTES) {
      // The usual case. Views on a socket's bytes are dearer than copying: Bun 1.4 makes an ArrayBuffer for each.
      this.#pending.set(bytes);
      emit(this.#pendingSamples.slice());
      return;
    }
    let offset = 0;
    while (offset < bytes.byteLength) {
      const take = Math.min(FRAME_BYTES - this.#length, bytes.byteLength - offset);
      this.#pending.set(bytes.subarray(offset, offset + take), this.#length);
      this.#length += take;
      offset += take;
      if (this.#length === FRAME_BYTES) {
        this.#length = 0;
        emit(this.#pendingSamples.slice());
      }
    }
  }

  /** Forget an incomplete frame, for example after a gap in the stream. */
  reset(): void {
    this.#length = 0;
  }
}

/** Root mean square of a frame, 0..1 of full scale. */
export function rms(samples: Int16Array): number {
  let sum = 0;
  for (let i = 0; i < samples.length; i++) {
    const sample = samples[i] ?? 0;
    sum += sample * sample;
  }
  return samples.length === 0 ? 0 : Math.sqrt(sum / samples.length) / 32768;
}

/** Level of a frame in dB of full scale; silence is -100. */
export function levelDb(samples: Int16Array): number {
  const value = rms(samples);
  return value <= 1e-5 ? -100 : 20 * Math.log10(value);
}
