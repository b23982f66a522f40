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

/**
 * Insertions, deletions, replacements and swaps of neighbours between two words.
 *
 * Optimal string alignment; a swap counts as one, being the commonest slip of the finger.
 */
export function editDistance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const same = a[row - 1] === b[column - 1];
      let cost = Math.min(
        at(last, column) + 1,
        at(current, column - 1) + 1,
        at(last, column - 1) + (same ? 0 : 1),
      );
      if (row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1]) {
        cost = Math.min(cost, at(beforeLast, column - 2) + 1);
      }
      current.push(cost);
    }
    beforeLast = last;
    last = current;
  }
  return at(last, b.length);
}

function plain(word: string): string {
  return word.toLowerCase().replaceAll(/[-_ ]/g, "");
}

function at(row: readonly number[], column: number): number {
  return row[column] ?? Number.POSITIVE_INFINITY;
}
