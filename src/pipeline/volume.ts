import type { CoreEffect } from "#ports/core.ts";
import type { Satellite } from "#ports/satellite.ts";

// What most boards start with; only steps up and down depend on it.
const ASSUMED_LEVEL = 0.7;

/** The volume of one satellite, 0..1, as far as the hub knows it. */
export class Volume {
  readonly #satellite: Satellite;
  #level: number;

  /** `level`, when given, is sent at once. */
  constructor(satellite: Satellite, level: number | undefined) {
    this.#satellite = satellite;
    this.#level = level ?? ASSUMED_LEVEL;
    if (level !== undefined) this.#send();
  }

  /** Perform a volume effect; other effects are not for here and do nothing. */
  effect(effect: CoreEffect): void {
    if (effect.kind === "set-volume") this.#level = effect.level;
    else if (effect.kind === "change-volume") this.#level += effect.by;
    else return;
    this.#level = Math.min(1, Math.max(0, this.#level));
    this.#send();
  }

  #send(): void {
    this.#satellite.command({ command: "set_volume", level: this.#level });
  }
}
