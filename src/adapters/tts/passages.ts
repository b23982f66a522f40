/**
 * Cut text into passages a synchronous voice can say without holding up its thread.
 *
 * A passage ends, in this order of preference, after a sentence, after a clause, at a space, and only then in
 * the middle of a word; it is as long as `limit` characters allow. White space between passages is dropped.
 */
export function passages(text: string, limit: number): string[] {
  const result: string[] = [];
  let rest = text.trim();
  while (rest.length > limit) {
    const end = [/[.!?…]["')\]]*\s/g, /[,;:–—]\s/g, /\s/g]
      .map((boundary) => lastEnd(rest, boundary, limit))
      .find((index) => index > 0);
    result.push(rest.slice(0, end ?? limit).trim());
    rest = rest.slice(end ?? limit).trim();
  }
  if (rest !== "") result.push(rest);
  return result;
}

/** Where the last match that ends within `limit` ends; 0 when there is none. */
function lastEnd(text: string, boundary: RegExp, limit: number): number {
  let end = 0;
  for (const match of text.matchAll(boundary)) {
    const after = match.index + match[0].length;
    if (after > limit + 1) break;
    end = after;
  }
  return end;
}
