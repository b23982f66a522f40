/** Longest line that is kept whole, in characters: more than any event. */
const LONGEST = 4 * 1024 * 1024;

/** A line of a text, counted from 1. */
export interface TextLine {
  readonly number: number;
  readonly text: string;
}

/** Split a stream into lines as it comes; empty ones are counted and left out, of an endless one the start is kept. */
export async function* textLines(stream: AsyncIterable<Uint8Array>): AsyncGenerator<TextLine> {
  const decoder = new TextDecoder();
  let number = 0;
  let rest = "";
  for await (const bytes of stream) {
    const lines = (rest + decoder.decode(bytes, { stream: true })).split("\n");
    rest = (lines.pop() ?? "").slice(0, LONGEST);
    for (const text of lines) {
      number += 1;
      if (text.trim() !== "") yield { number, text };
    }
  }
  if (rest.trim() !== "") yield { number: number + 1, text: rest };
}
