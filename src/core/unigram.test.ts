import { expect, test } from "bun:test";
import golden from "./fixtures/unigram-golden.json";
import { UnigramTokenizer, UnspellableError } from "./unigram.ts";

const tokenizer = new UnigramTokenizer(Object.entries(golden.scores));

test("fifty phrases are cut exactly as SentencePiece cuts them", () => {
  const ours = golden.phrases.map(({ phrase }) => ({
    phrase,
    pieces: tokenizer.pieces(phrase.toUpperCase()),
  }));

  expect(golden.phrases).toHaveLength(50);
  expect(ours).toEqual(golden.phrases);
});

test("runs of spaces and spaces around a phrase change nothing", () => {
  expect(tokenizer.pieces("  HEY \t TARS ")).toEqual(tokenizer.pieces("HEY TARS"));
});

test("blank text has no pieces", () => {
  expect(tokenizer.pieces("   ")).toEqual([]);
});

test("a character outside the model is refused with the phrase and the character named", () => {
  expect(() => tokenizer.pieces("HEY R2")).toThrow(new UnspellableError("HEY R2", "2"));
  expect(() => tokenizer.pieces("HEY R2")).toThrow('"HEY R2" cannot be spelled: no token holds "2"');
});

test("small letters are refused by a model of capitals", () => {
  expect(() => tokenizer.pieces("hey")).toThrow(UnspellableError);
});

test("a known character in a place no piece fits is refused too", () => {
  const pairsOnly = new UnigramTokenizer([
    ["▁A", -1],
    ["BC", -1],
  ]);

  expect(pairsOnly.pieces("ABC")).toEqual(["▁A", "BC"]);
  expect(() => pairsOnly.pieces("AB")).toThrow('"AB" cannot be spelled');
});

test("control pieces are never part of a phrase", () => {
  const withControl = new UnigramTokenizer([
    ["▁", -1],
    ["<unk>", 0],
    ...[..."<unk>"].map((character): [string, number] => [character, -5]),
  ]);

  expect(withControl.pieces("<unk>")).toEqual(["▁", ..."<unk>"]);
});
