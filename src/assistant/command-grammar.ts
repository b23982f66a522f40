import { z } from "zod";
import { type Grammar, type GrammarSource, matchGrammar, parseGrammar } from "#core/grammar.ts";
import { matchTolerantly } from "#core/grammar-tolerance.ts";
import { wordsOf } from "#core/words.ts";
import english from "./intents/en.yaml" with { type: "yaml" };

/** The shape of an intents file, `intents/<language>.yaml`. */
const IntentsFile = z.strictObject({
  /** Said before or after any command. */
  before: z.string().optional(),
  after: z.string().optional(),
  weak: z.array(z.string()),
  alike: z.array(z.array(z.string())),
  written: z.record(z.string(), z.string()),
  rules: z.record(z.string(), z.string()),
  intents: z.array(z.strictObject({ name: z.string(), templates: z.array(z.string()).min(1) })),
});

/** The commands of one language. */
export interface CommandGrammar {
  /** BCP 47 language tag. */
  readonly language: string;
  readonly grammar: Grammar;
  /** What the grammar was read from, for recognisers that listen for commands. */
  readonly source: GrammarSource;
  /** How typed words are said: "mins" is "minutes". */
  readonly written: ReadonlyMap<string, string>;
}

/** One command found in an utterance. */
export interface Command {
  readonly intent: string;
  readonly slots: Readonly<Record<string, string>>;
  /** 1 when the words fit exactly, else the share that was heard. */
  readonly score: number;
}

/** Most commands one utterance may chain with "and". */
const MAX_CHAIN = 3;
/** An utterance with more "and"s than this is no chain of commands, and looking would take time. */
const MAX_JOINTS = 4;
/** Words that part two commands, where both sides are commands. */
const JOINTS: ReadonlySet<string> = new Set(["and", "then"]);

/**
 * The English commands.
 *
 * The grammar is built when it is first asked for, which takes 10 to 30 ms: too long for a hub that starts.
 *
 * @throws {GrammarError} when the data file is at fault; a test keeps that from happening.
 */
export function englishCommands(): CommandGrammar {
  const file = IntentsFile.parse(english);
  const source: GrammarSource = {
    intents: file.intents,
    rules: file.rules,
    weak: file.weak,
    alike: file.alike,
    ...(file.before === undefined ? {} : { before: file.before }),
    ...(file.after === undefined ? {} : { after: file.after }),
  };
  let grammar: Grammar | undefined;
  return {
    language: "en",
    get grammar() {
      grammar ??= parseGrammar(source);
      return grammar;
    },
    source,
    written: new Map(Object.entries(file.written)),
  };
}

/**
 * Find the commands in an utterance: one, or up to three joined by "and" or "then".
 *
 * What fits exactly is preferred to what fits nearly, and one command to a chain. Undefined unless every word
 * belongs to a command.
 */
export function commandsIn(commands: CommandGrammar, text: string): readonly Command[] | undefined {
  const words = wordsOf(text).flatMap((word) => (commands.written.get(word) ?? word).split(" "));
  const exactly: Matcher = (part) => {
    const match = matchGrammar(commands.grammar, part);
    return match && { ...match, score: 1 };
  };
  const nearly: Matcher = (part) => exactly(part) ?? matchTolerantly(commands.grammar, part);
  const joints = words.filter((word) => JOINTS.has(word)).length;
  if (joints > MAX_JOINTS) return chain(words, exactly, 1);
  return chain(words, exactly, 1) ?? chain(words, exactly, MAX_CHAIN) ?? chain(words, nearly, MAX_CHAIN);
}

type Matcher = (words: readonly string[]) => Command | undefined;

function chain(words: readonly string[], match: Matcher, most: number): readonly Command[] | undefined {
  const whole = match(words);
  if (whole) return [whole];
  if (most === 1) return undefined;
  for (const [index, word] of words.entries()) {
    if (!JOINTS.has(word) || index === 0) continue;
    const first = match(words.slice(0, index));
    if (!first) continue;
    const rest = words.slice(words[index + 1] === "then" ? index + 2 : index + 1);
    const others = chain(rest, match, most - 1);
    if (others) return [first, ...others];
  }
  return undefined;
}
