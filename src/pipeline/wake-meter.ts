import type { SessionDeps } from "#pipeline/session-deps.ts";
import type { Clock } from "#ports/clock.ts";
import type { WakeScore } from "#ports/hearing-engine.ts";

/** Least time between two events of one satellite: 15 a second at most. */
const EVERY_MS = 1000 / 15;
/** A change of the score that can be seen on a meter. */
const SEEN = 0.02;

/** Tells how near the wake phrases come: as often as can be seen, and only what differs from what was told last. */
export class WakeMeter {
  readonly #clock: Clock;
  readonly #publish: SessionDeps["publish"];
  #told: WakeScore | undefined;
  #toldAt = Number.NEGATIVE_INFINITY;

  constructor(clock: Clock, publish: SessionDeps["publish"]) {
    this.#clock = clock;
    this.#publish = publish;
  }

  take(heard: WakeScore): void {
    const now = this.#clock.now();
    if (now - this.#toldAt < EVERY_MS || !this.#differs(heard)) return;
    this.#told = heard;
    this.#toldAt = now;
    const { phrase, score, threshold } = heard;
    this.#publish({ type: "wake_score", phrase, score, threshold });
  }

  #differs({ phrase, score, threshold }: WakeScore): boolean {
    const told = this.#told;
    if (!told || Math.abs(score - told.score) >= SEEN) return true;
    // Which of several phrases is the least far away in silence changes all the time and means nothing.
    return score >= threshold / 2 && (phrase !== told.phrase || threshold !== told.threshold);
  }
}
