/** The last encoder steps, with the sample each began at; the oldest is overwritten. */
export class FrameHistory {
  readonly #frames: readonly Float32Array[];
  readonly #samples: Float64Array;
  #pushed = 0;

  /** `steps` steps of `size` values. */
  constructor(steps: number, size: number) {
    this.#frames = Array.from({ length: steps }, () => new Float32Array(size));
    this.#samples = new Float64Array(steps);
  }

  /** Keep a copy of a step. */
  push(frames: Float32Array, sample: number): void {
    const at = this.#pushed % this.#frames.length;
    this.#frames[at]?.set(frames);
    this.#samples[at] = sample;
    this.#pushed += 1;
  }

  clear(): void {
    this.#pushed = 0;
  }

  /** Hand over what is kept, oldest first. The arrays are the history's own. */
  replay(take: (frames: Float32Array, sample: number) => void): void {
    const steps = this.#frames.length;
    for (let n = Math.max(0, this.#pushed - steps); n < this.#pushed; n++) {
      take(this.#frames[n % steps] as Float32Array, this.#samples[n % steps] as number);
    }
  }
}
