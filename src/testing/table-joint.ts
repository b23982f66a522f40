import { BLANK, type Joint, logSoftmax } from "#core/transducer/joint.ts";

/**
 * A joint that hears what a table says: every frame holds one likely token, or none.
 *
 * Frames are one value wide, the number of the token heard. It is given `sureness` times the probability of any
 * other token; with no token heard, the blank is. Context plays no part.
 */
export function tableJoint(vocabulary: number, sureness: number): Joint {
  return {
    vocabulary,
    width: 1,
    logProbs(frames, rows) {
      const scores = new Float32Array(rows.length * vocabulary);
      for (let pair = 0; pair < rows.length; pair++) {
        const heard = frames[rows[pair] as number] as number;
        scores[pair * vocabulary + heard] = Math.log(sureness);
        // A frame that holds a token can also be passed over, as it is where tokens overlap.
        if (heard !== BLANK) scores[pair * vocabulary + BLANK] = Math.log(sureness) - 2;
      }
      logSoftmax(scores, rows.length, vocabulary);
      return scores;
    },
  };
}
