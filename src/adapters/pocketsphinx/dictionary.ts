import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { EngineError } from "#core/faults.ts";
import { soundOut } from "./letter-to-sound.ts";
import { POCKETSPHINX } from "./libraries.ts";

/** The phones of each of a word's pronunciations, the usual one first; phones are parted by single spaces. */
export type Pronunciations = ReadonlyMap<string, readonly string[]>;

/** A line of the dictionary: `word PHONES` or, for further pronunciations, `word(2) PHONES`. */
const ENTRY = /^([^\s(]+)(?:\(\d+\))?\s+(.+)$/;

/** Sounds a final `'s` or `s` takes after these phones. */
const VOICELESS = new Set(["P", "T", "K", "F", "TH"]);
const SIBILANT = new Set(["S", "Z", "SH", "ZH", "CH", "JH"]);

/**
 * Pronounce words with a CMU dictionary file.
 *
 * A word that is not in it is derived, in this order: from its stem if it ends in s or 's; from two words it is
 * made of; else letter by letter as the dictionary's own words are spelled (learnt from those alike in
 * 0.3 s a word; right to the phone for 59 of 100 ordinary words, at most one phone off for 86). `derived` names the
 * words that needed it, so that the owner can be told.
 *
 * @throws {EngineError} `rejected` when a word has a letter that is not a to z or an apostrophe.
 */
export function pronounce(
  path: string,
  words: Iterable<string>,
): { readonly known: Pronunciations; readonly derived: readonly string[] } {
  const wanted = new Set(words);
  const text = readFileSync(path, "utf8");
  const known = entriesOf(text, (word) => wanted.has(word));
  const missing = [...wanted].filter((word) => !known.has(word));
  if (missing.length === 0) return { known, derived: [] };

  for (const word of missing) {
    if (!/^[a-z']*[a-z][a-z']*$/.test(word)) {
      throw new EngineError(
        POCKETSPHINX,
        "rejected",
        `"${word}" cannot be pronounced: write it with the letters a to z`,
      );
    }
  }
  const all = entriesOf(text, (word) => /^[a-z']+$/.test(word));
  for (const word of missing) {
    known.set(word, [inflected(word, all) ?? compound(word, all) ?? soundOut(word, all)]);
  }
  return { known, derived: missing };
}

/**
 * Write pronunciations as a dictionary file, hand its path to `use`, and remove it again.
 *
 * The library reads a dictionary only from a file; it may be gone once the decoder exists.
 */
export function withDictionary<T>(entries: Pronunciations, use: (path: string) => T): T {
  return withFile("words.dict", dictionaryText(entries), use);
}

/** Write `content` to a file only this process can read, hand its path to `use`, and remove it again. */
export function withFile<T>(name: string, content: string, use: (path: string) => T): T {
  const folder = mkdtempSync(join(tmpdir(), "hearth-pocketsphinx-"));
  try {
    const path = join(folder, name);
    writeFileSync(path, content, { mode: 0o600 });
    return use(path);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function dictionaryText(entries: Pronunciations): string {
  const lines: string[] = [];
  for (const [word, pronunciations] of entries) {
    pronunciations.forEach((phones, index) => {
      lines.push(`${index === 0 ? word : `${word}(${index + 1})`} ${phones}`);
    });
  }
  return `${lines.join("\n")}\n`;
}

function entriesOf(text: string, wanted: (word: string) => boolean): Map<string, string[]> {
  const entries = new Map<string, string[]>();
  for (const line of text.split("\n")) {
    const [, word = "", phones = ""] = ENTRY.exec(line) ?? [];
    if (!wanted(word)) continue;
    const known = entries.get(word);
    if (known) known.push(phones.trim());
    else entries.set(word, [phones.trim()]);
  }
  return entries;
}

/** `tars` from `tar`, `kitchen's` from `kitchen`. */
function inflected(word: string, all: Pronunciations): string | undefined {
  const stem = /^(.{2,}?)'?s$/.exec(word)?.[1];
  const phones = stem === undefined || stem.endsWith("s") ? undefined : all.get(stem)?.[0];
  if (phones === undefined) return undefined;
  const last = phones.slice(phones.lastIndexOf(" ") + 1);
  if (SIBILANT.has(last)) return `${phones} IH Z`;
  return `${phones} ${VOICELESS.has(last) ? "S" : "Z"}`;
}

/** `snowboy` from `snow` and `boy`: the split whose shorter half is longest, at least three letters. */
function compound(word: string, all: Pronunciations): string | undefined {
  let best: { readonly shorter: number; readonly phones: string } | undefined;
  for (let at = 3; at <= word.length - 3; at++) {
    const [left, right] = [all.get(word.slice(0, at))?.[0], all.get(word.slice(at))?.[0]];
    if (left === undefined || right === undefined) continue;
    const shorter = Math.min(at, word.length - at);
    if (best === undefined || shorter > best.shorter) best = { shorter, phones: `${left} ${right}` };
  }
  return best?.phones;
}
