import type { Clock } from "#ports/clock.ts";

/** One satellite that heard a wake, and how well. */
export interface WakeClaim {
  readonly satelliteId: string;
  readonly phrase: string;
  /** The detector's confidence, 0..1. */
  readonly score: number;
  /** How far the phrase stood above this satellite's own noise floor, in dB. */
  readonly aboveFloorDb: number;
  /** Ms since this satellite's last turn; infinite when it never had one. */
  readonly sinceLastTurnMs: number;
}

/** A claim with the number that decided. */
interface RankedClaim extends WakeClaim {
  readonly rank: number;
}

/** How one wake was decided. */
export interface RoomDecision {
  readonly phrase: string;
  readonly winner: string;
  /** Every satellite that heard it in time, the best first. */
  readonly claims: readonly RankedClaim[];
  readonly heldMs: number;
}

// Satellites hear one voice within the time sound and Wi-Fi need, and detectors answer on a grid of up to 320 ms.
const SAME_WAKE_MS = 300;
// What a person does not notice before the acknowledgement; most second claims are in by then.
const HOLD_MS = 150;
// Loudness over the room's own noise tells distance, and so weighs most; a score differs little between two ears that
// both heard; whoever was just spoken to is likelier meant when the others are even.
const WEIGHTS = { aboveFloor: 0.6, score: 0.3, recent: 0.1 };
const FULL_SNR_DB = 40;
const RECENT_MS = 30_000;

interface Round {
  readonly openedAt: number;
  readonly claims: Map<
    string,
    { readonly claim: WakeClaim; readonly signal: AbortSignal; readonly won: () => void }
  >;
  /** Set when the round is decided; later claims of the same wake are losers. */
  winner: string | undefined;
}

/**
 * When several satellites hear one wake, lets the best room answer; the others stay silent.
 *
 * A wake is held for 150 ms when more than one satellite could have heard it, and not at all otherwise. What is said
 * meanwhile waits in the ring.
 */
export class BestRoom {
  readonly #clock: Clock;
  readonly #rivals: () => number;
  readonly #onDecision: (decision: RoomDecision) => void;
  readonly #rounds = new Map<string, Round>();

  /** `rivals` tells how many satellites listen to the hub's wake now; `onDecision` is told of every contested wake. */
  constructor(clock: Clock, rivals: () => number, onDecision: (decision: RoomDecision) => void) {
    this.#clock = clock;
    this.#rivals = rivals;
    this.#onDecision = onDecision;
  }

  /**
   * `won` is called at most once, now or within 150 ms, when this satellite is the one to answer; never after
   * `signal` has aborted, which says that the satellite is gone.
   */
  claim(claim: WakeClaim, signal: AbortSignal, won: () => void): void {
    if (this.#rivals() <= 1) {
      won();
      return;
    }
    const now = this.#clock.now();
    const open = this.#rounds.get(claim.phrase);
    if (open && now - open.openedAt <= SAME_WAKE_MS) {
      if (open.winner === undefined) open.claims.set(claim.satelliteId, { claim, signal, won });
      return;
    }
    const round: Round = { openedAt: now, claims: new Map(), winner: undefined };
    round.claims.set(claim.satelliteId, { claim, signal, won });
    this.#rounds.set(claim.phrase, round);
    this.#clock.sleep(HOLD_MS, signal).then(
      () => this.#decide(claim.phrase, round),
      () => this.#decide(claim.phrase, round), // the first satellite is gone; the others still wait
    );
  }

  #decide(phrase: string, round: Round): void {
    const claims = [...round.claims.values()]
      .filter(({ signal }) => !signal.aborted)
      .map(({ claim }) => ({ ...claim, rank: rank(claim) }))
      .sort((a, b) => b.rank - a.rank);
    const winner = claims[0]?.satelliteId;
    if (winner === undefined) return;
    round.winner = winner;
    if (claims.length > 1) {
      this.#onDecision({ phrase, winner, claims, heldMs: this.#clock.now() - round.openedAt });
    }
    round.claims.get(winner)?.won();
  }
}

/** How much a satellite should be the one to answer, 0..1. */
function rank({ aboveFloorDb, score, sinceLastTurnMs }: WakeClaim): number {
  const aboveFloor = Math.min(1, Math.max(0, aboveFloorDb / FULL_SNR_DB));
  const recent = Math.max(0, 1 - sinceLastTurnMs / RECENT_MS);
  return WEIGHTS.aboveFloor * aboveFloor + WEIGHTS.score * score + WEIGHTS.recent * recent;
}
