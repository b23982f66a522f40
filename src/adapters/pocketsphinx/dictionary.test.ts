import { afterAll, expect, test } from "bun:test";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pronounce, withDictionary } from "./dictionary.ts";

const folder = mkdtempSync(join(tmpdir(), "dictionary-test-"));
const path = join(folder, "small.dict");
writeFileSync(
  path,
  [
    "boy B OY",
    "cat K AE T",
    "horse HH AO R S",
    "lamp L AE M P",
    "mat M AE T",
    "ram R AE M",
    "read R EH D",
    "read(2) R IY D",
    "snow S N OW",
    "tap T AE P",
    "tar T AA R",
    "trap T R AE P",
  ].join("\n"),
);
afterAll(() => rmSync(folder, { recursive: true }));

function of(word: string): readonly string[] | undefined {
  return pronounce(path, [word]).known.get(word);
}

test("a word of the dictionary has all its pronunciations, and is not derived", () => {
  const { known, derived } = pronounce(path, ["read"]);

  expect(known.get("read")).toEqual(["R EH D", "R IY D"]);
  expect(derived).toEqual([]);
});

test("an s after a voiced, a voiceless and a hissing sound is spoken as English does", () => {
  expect([of("tars"), of("cat's"), of("horse's")]).toEqual([["T AA R Z"], ["K AE T S"], ["HH AO R S IH Z"]]);
});

test("a word made of two is spoken as the two", () => {
  expect(of("snowboy")).toEqual(["S N OW B OY"]);
});

test("a new word is sounded out as words that look like it", () => {
  const { known, derived } = pronounce(path, ["tramp"]);

  expect(known.get("tramp")).toEqual(["T R AE M P"]);
  expect(derived).toEqual(["tramp"]);
});

test("a word with other letters than a to z is rejected by name", () => {
  expect(() => pronounce(path, ["r2d2"])).toThrow(
    expect.objectContaining({ fault: "rejected", message: expect.stringContaining("r2d2") }),
  );
});

test("a written dictionary lists further pronunciations and is gone afterwards", () => {
  const { known } = pronounce(path, ["read", "boy"]);
  let written = "";

  const text = withDictionary(known, (file) => {
    written = file;
    return readFileSync(file, "utf8");
  });

  expect(text.trim().split("\n").sort()).toEqual(["boy B OY", "read R EH D", "read(2) R IY D"]);
  expect(existsSync(written)).toBe(false);
});
