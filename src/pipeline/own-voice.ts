import { speaksPhrase } from "#core/wake-phrase.ts";
import type { Clock } from "#ports/clock.ts";

// Sound on its way: the speaker's buffer, the room, the microphone, and a detector that answers up to half a
// second after the phrase.
const ECHO_MS = 1500;

/**
 * Keeps the hub from waking on its own voice.
 *
 * While a reply that contains a wake phrase is being spoken anywhere in the house, and for a moment after, that
 * wake is refused on every satellite: the one that speaks hears itself, and so may the next room.
 */
export class OwnVoice {
  readonly #clock: Clock;
  readonly #spoken = new Map<string, { texts: string[]; until: number }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** A sentence of this turn's reply is about to be heard. */
  saying(turnId: string, text: string): void {
    const turn = this.#spoken.get(turnId);
    if (turn) turn.texts.push(text);
    else this.#spoken.set(turnId, { texts: [text], until: Number.POSITIVE_INFINITY });
  }

  /** This turn has fallen silent. */
  silent(turnId: string): void {
    const turn = this.#spoken.get(turnId);
    if (turn) turn.until = this.#clock.now() + ECHO_MS;
  }

  /** Whether a wake heard now may be the hub's own voice. */
  spoke(phrase: string): boolean {
    const now = this.#clock.now();
    let found = false;
    for (const [turnId, turn] of this.#spoken) {
      if (turn.until < now) this.#spoken.delete(turnId);
      else found ||= turn.texts.some((text) => speaksPhrase(text, [phrase]));
    }
    return found;
  }
}
