import { EngineError } from "#core/faults.ts";
import { POCKETSPHINX } from "./libraries.ts";

/** Rules every JSGF grammar has. */
const SPECIAL_RULES = ["<NULL>", "<VOID>"];
/** All that may stand in a rule besides words and references. */
const PUNCTUATION = /^[\s()[\]|;=*+]*$/;

/**
 * The words a JSGF grammar can hear.
 *
 * The library's own reader prints what it does not understand on stdout, where an engine host speaks to its hub,
 * and takes a missing rule for silence. So the grammar is checked here: header, characters, references. Tags and
 * imports are not supported.
 *
 * @throws {EngineError} `rejected` when the grammar is not such JSGF.
 */
export function wordsOfJsgf(jsgf: string): Set<string> {
  const body = jsgf.replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, " ");
  const header = /^\s*#JSGF\s[^;\n]*;\s*grammar\s+[\w.]+\s*;/.exec(body);
  if (header === null) throw rejected("it does not begin with #JSGF and its name");

  const rules = body.slice(header[0].length);
  const defined = new Set(rules.match(/<[\w.]+>(?=\s*=)/g));
  const missing = rules
    .match(/<[^<>]*>/g)
    ?.find((rule) => !defined.has(rule) && !SPECIAL_RULES.includes(rule));
  if (missing !== undefined) throw rejected(`it refers to ${missing}, which is not in it`);
  if (!/\bpublic\s+</.test(rules)) throw rejected("it has no public rule");

  const plain = rules.replace(/\bpublic\s+(?=<)|<[^<>]*>|\/[\d.]+(?:[eE]-?\d+)?\//g, " ");
  const word = /[\p{L}\p{M}\d'][\p{L}\p{M}\d'_.-]*/gu;
  if (!PUNCTUATION.test(plain.replace(word, " "))) throw rejected("it has characters that no word has");
  return new Set(plain.match(word));
}

function rejected(problem: string): EngineError {
  return new EngineError(POCKETSPHINX, "rejected", `the grammar is not usable: ${problem}`);
}
