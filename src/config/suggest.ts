import { editDistance } from "#core/edit-distance.ts";

/**
 * The candidate a writer most likely meant, or `undefined` when none is near.
 *
 * Near means at most a third of the letters differ, after case and separators are put aside, so that `silenceMs` and
 * `silence-ms` both find `silence_ms`. Of equally near candidates the first is taken.
 */
export function closest(written: string, candidates: readonly string[]): string | undefined {
  const target = plain(written);
  let best: string | undefined;
  let bestDistance = Math.floor(Math.max(target.length, 3) / 3) + 1;
  for (const candidate of candidates) {
    const distance = editDistance(target, plain(candidate));
    if (distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

function plain(word: string): string {
  return word.toLowerCase().replaceAll(/[-_ ]/g, "");
}
