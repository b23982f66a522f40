import { bytesOf } from "#core/pcm.ts";
import { seededRandom } from "./sim-clock.ts";

/** Two seconds of echo: more than any delay between a speaker and the microphone beside it. */
const MAX_ECHO_SAMPLES = 32_000;

/**
 * What a microphone hears: utterances one after the other, a low noise between them, and the echo of its own
 * speaker where that is wanted.
 *
 * Pure: every call to `next` is the next piece of the same endless sound.
 */
export class Microphone {
  readonly #noiseAmplitude: number;
  readonly #echoRatio: number;
  readonly #random: () => number;
  #utterances: { samples: Int16Array; at: number; readonly spoken: () => void }[] = [];
  #echo: Int16Array[] = [];
  #echoSamples = 0;
  #echoAt = 0;
  #oddByte: number | undefined;
  muted = false;

  constructor(options: {
    /** Peak of the room's noise in int16 steps; 0 is digital silence. */
    readonly noiseAmplitude: number;
    /** How much of the speaker the microphone hears, 0..1. */
    readonly echoRatio: number;
    readonly seed: number;
  }) {
    this.#noiseAmplitude = options.noiseAmplitude;
    this.#echoRatio = options.echoRatio;
    this.#random = seededRandom(options.seed);
  }

  /** Milliseconds of utterances still to be heard, at 16 kHz. */
  get waitingMs(): number {
    return this.#utterances.reduce((sum, { samples, at }) => sum + samples.length - at, 0) / 16;
  }

  /** Say something after what is still being said. `spoken` is called when its last sample has been taken. */
  say(samples: Int16Array, spoken: () => void): void {
    if (samples.length === 0) spoken();
    else this.#utterances.push({ samples, at: 0, spoken });
  }

  /** Stop speaking in the middle of a word; what waited is counted as spoken. */
  hush(): void {
    const cut = this.#utterances;
    this.#utterances = [];
    for (const { spoken } of cut) spoken();
  }

  /** Let the microphone hear what the speaker plays. */
  hearSpeaker(samples: Int16Array): void {
    if (this.#echoRatio === 0) return;
    this.#echo.push(samples);
    this.#echoSamples += samples.length;
    while (this.#echoSamples - this.#echoAt > MAX_ECHO_SAMPLES) this.#dropEcho();
  }

  /**
   * The next `bytes` bytes of sound as s16le. An odd number splits a sample over two calls.
   *
   * A muted microphone hears digital silence; utterances go by unheard.
   */
  next(bytes: number): Uint8Array {
    const carried = this.#oddByte;
    const count = Math.ceil((bytes - (carried === undefined ? 0 : 1)) / 2);
    const sound = bytesOf(this.#samples(Math.max(0, count)));
    if (carried === undefined && sound.byteLength === bytes) return sound;
    const joined = new Uint8Array((carried === undefined ? 0 : 1) + sound.byteLength);
    if (carried !== undefined) joined[0] = carried;
    joined.set(sound, carried === undefined ? 0 : 1);
    this.#oddByte = joined.byteLength > bytes ? joined[bytes] : undefined;
    return joined.subarray(0, bytes);
  }

  #samples(count: number): Int16Array {
    const out = new Int16Array(count);
    for (let i = 0; i < count; i++) {
      out[i] = Math.round((this.#random() * 2 - 1) * this.#noiseAmplitude);
    }
    const spoken: (() => void)[] = [];
    for (let at = 0; at < count; ) {
      const utterance = this.#utterances[0];
      if (!utterance) break;
      const take = Math.min(count - at, utterance.samples.length - utterance.at);
      out.set(utterance.samples.subarray(utterance.at, utterance.at + take), at);
      at += take;
      utterance.at += take;
      if (utterance.at < utterance.samples.length) break;
      this.#utterances.shift();
      spoken.push(utterance.spoken);
    }
    if (this.#echoSamples > this.#echoAt) this.#addEcho(out);
    if (this.muted) out.fill(0);
    for (const call of spoken) call();
    return out;
  }

  #addEcho(out: Int16Array): void {
    for (let i = 0; i < out.length; i++) {
      const chunk = this.#echo[0];
      if (!chunk) return;
      const mixed = (out[i] ?? 0) + (chunk[this.#echoAt] ?? 0) * this.#echoRatio;
      out[i] = Math.max(-32768, Math.min(32767, Math.round(mixed)));
      this.#echoAt += 1;
      if (this.#echoAt >= chunk.length) this.#dropEcho();
    }
  }

  #dropEcho(): void {
    this.#echoSamples -= this.#echo.shift()?.length ?? 0;
    this.#echoAt = 0;
  }
}
