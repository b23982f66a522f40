import { levelDb, type PcmFrame } from "#core/pcm.ts";

/**
 * Level of the loudest 200 ms at which the model decodes best what it hears first, in dB of full scale.
 *
 * Of 30 commands spoken by flite 30 are right at -23 dB, 26 at -43 dB.
 */
const BEST_DB = -23;
/** Utterances this near to it are left as they are. */
const TOLERANCE_DB = 4;
/** Most that quiet speech is raised, so that the noise of an empty room stays noise. */
const MOST_GAIN_DB = 30;
/** Frames a level is measured over: 200 ms. */
const LEVEL_FRAMES = 10;

/** The factor that brings an utterance to the level the model decodes best; undefined when it is near enough. */
export function gainFor(frames: readonly PcmFrame[]): number | undefined {
  const gainDb = Math.min(MOST_GAIN_DB, BEST_DB - loudestDb(frames));
  return Math.abs(gainDb) <= TOLERANCE_DB ? undefined : 10 ** (gainDb / 20);
}

/** A copy of the frame, `gain` times as loud; what is too loud clips. */
export function amplified(frame: PcmFrame, gain: number): PcmFrame {
  return frame.map((sample) => Math.max(-32_768, Math.min(32_767, Math.round(sample * gain))));
}

function loudestDb(frames: readonly PcmFrame[]): number {
  const powers = frames.map((frame) => 10 ** (levelDb(frame) / 10));
  let loudest = 1e-10;
  let sum = 0;
  powers.forEach((power, index) => {
    sum += power - (powers[index - LEVEL_FRAMES] ?? 0);
    loudest = Math.max(loudest, sum / LEVEL_FRAMES);
  });
  return 10 * Math.log10(loudest);
}
