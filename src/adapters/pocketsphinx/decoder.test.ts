import { expect } from "bun:test";
import { existsSync } from "node:fs";
import { testWith } from "#testing/recordings.ts";
import { Decoder } from "./decoder.ts";
import { withDictionary } from "./dictionary.ts";
import { modelFiles, pocketsphinxLibraries } from "./libraries.ts";

const needed = installed() ? [] : ["libpocketsphinx3 and pocketsphinx-en-us (apt-get install them)"];
const withLibrary = testWith(...needed);
const HEADER = "#JSGF V1.0;\ngrammar g;\n";

function installed(): boolean {
  try {
    pocketsphinxLibraries();
    modelFiles();
    return true;
  } catch {
    return false;
  }
}

function decoder(): Decoder {
  return withDictionary(new Map([["stop", ["S T AA P"]]]), (dictionary) => new Decoder({ dictionary }));
}

withLibrary("a grammar with a word the dictionary lacks is rejected, and the next is taken", () => {
  using made = decoder();

  expect(() => made.setGrammar("commands", `${HEADER}public <c> = stop now;\n`)).toThrow(
    expect.objectContaining({ fault: "rejected" }),
  );
  made.setGrammar("commands", `${HEADER}public <c> = stop;\n`);
  made.start("commands");
});

withLibrary("a search nobody defined is rejected", () => {
  using made = decoder();

  expect(() => made.start("absent")).toThrow(expect.objectContaining({ fault: "rejected" }));
});

withLibrary("silence has no words, and segments that follow one another", () => {
  using made = decoder();
  made.setGrammar("commands", `${HEADER}public <c> = [stop];\n`);
  made.start("commands");

  made.process(Int16Array.from({ length: 16_000 }, (_, n) => (n % 3) - 1));
  made.end();

  expect(made.hypothesis()).toBe("");
  const segments = made.segments();
  expect(segments.every(({ startFrame, endFrame }) => startFrame <= endFrame + 1)).toBe(true);
});

withLibrary("a disposed decoder throws instead of ending the process, and may be disposed again", () => {
  const made = decoder();
  made[Symbol.dispose]();
  made[Symbol.dispose]();

  expect(() => made.process(new Int16Array(320))).toThrow("disposed");
  expect(() => made.hypothesis()).toThrow("disposed");
});

withLibrary("a dictionary that is not there makes the engine unavailable", () => {
  const dictionary = "/nowhere/words.dict";
  expect(existsSync(dictionary)).toBe(false);

  expect(() => new Decoder({ dictionary })).toThrow(expect.objectContaining({ fault: "unavailable" }));
});
