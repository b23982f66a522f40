import { expect, test } from "bun:test";
import { UnspellableError } from "#core/unigram.ts";
import { Spelling } from "./spelling.ts";

const tokens = "<blk> 0\n<sos/eos> 1\n<unk> 2\nS 3\n▁HE 4\nY 5\n▁ 6\nT 7\nAR 8\n▁TAR 9\n'S 10\n";
const spelling = new Spelling(tokens, [
  ["S", -3],
  ["▁HE", -3],
  ["Y", -4],
  ["▁", -5],
  ["T", -4],
  ["AR", -4],
  ["▁TAR", -3],
  ["'S", -4],
  ["▁HEY", -1],
]);

test("a text in any case is spelled with tokens, and read back in lower case", () => {
  expect(spelling.spell("Hey  Tar's")).toEqual([4, 5, 9, 10]);
  expect(spelling.text([4, 5, 9, 10])).toBe("hey tar's");
  expect(spelling.spell(" ")).toEqual([]);
});

test("tokens tell whether they begin a word", () => {
  expect([4, 5, 6, 9, 99].map((token) => spelling.beginsWord(token))).toEqual([
    true,
    false,
    true,
    true,
    false,
  ]);
});

test("a piece that is no token is never used, and what cannot be spelled is said", () => {
  // "▁HEY" has a score but no number.
  expect(spelling.spell("hey")).toEqual([4, 5]);
  expect(() => spelling.spell("r2")).toThrow(UnspellableError);
  expect(spelling.size).toBe(11);
});
