import { levelDb, type PcmFrame } from "#core/pcm.ts";

/**
 * Speech level the gain aims at, in dB of full scale over 200 ms.
 *
 * The model's starting point for its own level tracking fits quiet speech: "computer" is heard 15 points of a
 * hundred more often when recordings at -17 dB are brought down by 20 to 34 dB; between these it makes no
 * difference. (Lower still, 16 bits are too few.)
 */
const TARGET_DB = -43;
/** Level assumed until speech was heard: the median of people at 1 to 2 m from a microphone, -17 dB. */
const ASSUMED_DB = -17;
/** Speech stands at least this far above the background. */
const ABOVE_FLOOR_DB = 12;
/** The background's level may rise by this much a frame: 1 dB a second. */
const FLOOR_RISE_DB = 0.02;
/** Share of the distance the level goes per frame, towards louder and towards quieter speech. */
const ATTACK = 0.1;
const RELEASE = 0.01;
const GAIN_RANGE = { least: 1 / 64, most: 1 };
/** Frames a level is measured over: 200 ms. */
const WINDOW = 10;

/**
 * Brings speech to the level the acoustic model starts from.
 *
 * It only ever makes quieter: by 26 dB at first, by less where the speech itself is quiet. It moves over seconds
 * of speech and not at all in silence, so that a loud word after a quiet night meets the gain of loud words.
 */
export class SpeechLevel {
  readonly #powers = new Float64Array(WINDOW);
  #frames = 0;
  #floorDb = 0;
  #speechDb = ASSUMED_DB;

  /** Write the frame, scaled, into `scaled`, which has the same length. */
  scale(frame: PcmFrame, scaled: Int16Array): void {
    this.#follow(frame);
    const wanted = 10 ** ((TARGET_DB - this.#speechDb) / 20);
    const gain = Math.min(GAIN_RANGE.most, Math.max(GAIN_RANGE.least, wanted));
    // Rounded: cutting off decimals would add noise to what is already small.
    for (let i = 0; i < frame.length; i++) scaled[i] = Math.round((frame[i] ?? 0) * gain);
  }

  reset(): void {
    this.#frames = 0;
    this.#floorDb = 0;
    this.#speechDb = ASSUMED_DB;
  }

  #follow(frame: PcmFrame): void {
    this.#powers[this.#frames % WINDOW] = 10 ** (levelDb(frame) / 10);
    this.#frames += 1;
    if (this.#frames < WINDOW) return;
    let power = 0;
    for (const each of this.#powers) power += each / WINDOW;
    const level = 10 * Math.log10(power);
    this.#floorDb = Math.min(level, this.#floorDb + FLOOR_RISE_DB);
    if (level < this.#floorDb + ABOVE_FLOOR_DB) return;
    const distance = level - this.#speechDb;
    this.#speechDb += distance * (distance > 0 ? ATTACK : RELEASE);
  }
}
