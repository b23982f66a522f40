import { expect, test } from "bun:test";
import fc from "fast-check";
import { SentenceSplitter } from "./sentences.ts";

function split(text: string, maxChars?: number): string[] {
  const splitter = new SentenceSplitter(maxChars);
  return [...splitter.push(text), ...splitter.flush()];
}

/** Push the text, return what is complete before the end is known. */
const early = (text: string) => new SentenceSplitter().push(text);

test("sentences end at stops", () => {
  expect(split("One. Two! Three? Four")).toEqual(["One.", "Two!", "Three?", "Four"]);
});

test("a plain sentence is given out at the space after its stop", () => {
  expect(early("It is three. ")).toEqual(["It is three."]);
  expect(early("It is three.")).toEqual([]);
});

test("titles and abbreviations do not end a sentence", () => {
  const whole = [
    "Dr. Smith and Mrs. Jones met Prof. Lee.",
    "Use a tool, e.g. a hammer, i.e. something heavy.",
    "It is approx. five miles, cf. fig. 3 below.",
    "The U.S. and the U.K. agreed.",
    "The U.S. Army marched.",
    "J. R. R. Tolkien wrote it.",
    "See no. 5 and p. 12 again.",
  ];

  expect(whole.map((text) => split(text))).toEqual(whole.map((text) => [text]));
});

test("an abbreviation at the end of a sentence ends it when a new one begins", () => {
  expect(split("He lives in the U.S. It is big.")).toEqual(["He lives in the U.S.", "It is big."]);
  expect(split("So do I. Then we left.")).toEqual(["So do I.", "Then we left."]);
  expect(split("Bring pens, etc. Then sit.")).toEqual(["Bring pens, etc.", "Then sit."]);
  expect(split("Come at 5 p.m. Bring cake.")).toEqual(["Come at 5 p.m.", "Bring cake."]);
  expect(split("Come at 5 p.m. on Monday.")).toEqual(["Come at 5 p.m. on Monday."]);
  expect(split("The answer is no. Really.")).toEqual(["The answer is no.", "Really."]);
  expect(split("In the U.S. 5 of them")).toEqual(["In the U.S.", "5 of them"]);
  expect(split("In the U.S. It")).toEqual(["In the U.S.", "It"]);
});

test("decimals, addresses and list numbers stay whole", () => {
  expect(split("It costs 3.5 euros at example.com today.")).toEqual([
    "It costs 3.5 euros at example.com today.",
  ]);
  expect(split("1. First thing. 2. Second thing.")).toEqual(["1. First thing.", "2. Second thing."]);
  expect(split("I have 3. Do you?")).toEqual(["I have 3.", "Do you?"]);
});

test("quotes and brackets after the stop belong to the sentence", () => {
  expect(split('"Stop!" he said. (See below.) “Yes.” Then he left.')).toEqual([
    '"Stop!" he said.',
    "(See below.)",
    "“Yes.”",
    "Then he left.",
  ]);
});

test("ellipses and repeated stops are one stop", () => {
  expect(split("Well... maybe. Wait… No! What?! Really?!! Hm... Yes.")).toEqual([
    "Well... maybe.",
    "Wait…",
    "No!",
    "What?!",
    "Really?!!",
    "Hm...",
    "Yes.",
  ]);
});

test("every line is its own", () => {
  expect(split("Shopping:\n- milk\n- eggs\n\nThat is all")).toEqual([
    "Shopping:",
    "- milk",
    "- eggs",
    "That is all",
  ]);
});

test("stops of other scripts end sentences", () => {
  expect(split("今日は金曜日です。「はい。」次は？そう！")).toEqual([
    "今日は金曜日です。",
    "「はい。」",
    "次は？",
    "そう！",
  ]);
  expect(split("यह पहला है। यह दूसरा है॥")).toEqual(["यह पहला है।", "यह दूसरा है॥"]);
  expect(split("كم الساعة؟ الساعة الآن ثلاثة. شكرا")).toEqual(["كم الساعة؟", "الساعة الآن ثلاثة.", "شكرا"]);
});

test("a very long sentence is cut at a clause, else at a space, else at the limit", () => {
  const clause = `${"word ".repeat(9)}here, and ${"more ".repeat(20)}`;

  expect(split(clause, 60)[0]).toBe(`${"word ".repeat(9)}here,`);
  expect(split("aaaa bbbb cccc dddd", 12)).toEqual(["aaaa bbbb", "cccc dddd"]);
  expect(split("a".repeat(25), 10)).toEqual(["a".repeat(10), "a".repeat(10), "a".repeat(5)]);
  expect(split(`${"字".repeat(45)}、${"字".repeat(30)}`, 60)).toEqual([
    `${"字".repeat(45)}、`,
    "字".repeat(30),
  ]);
  expect(split(`a${"😀".repeat(4)}`, 4)).toEqual(["a😀", "😀😀", "😀"]);
});

test("silence gives nothing, and a flushed splitter starts afresh", () => {
  const splitter = new SentenceSplitter();

  expect(splitter.push(" \n ")).toEqual([]);
  expect(splitter.flush()).toEqual([]);
  expect([...splitter.push("One."), ...splitter.flush()]).toEqual(["One."]);
  expect([...splitter.push("Two."), ...splitter.flush()]).toEqual(["Two."]);
});

const pieces = fc.constantFrom(
  "Dr. ",
  "Smith",
  " ",
  ". ",
  "!",
  "? ",
  "3.5",
  "1. ",
  "e.g. ",
  "U.S. ",
  "It ",
  "and ",
  "…",
  "...",
  '"',
  "”",
  ")",
  "\n",
  "。",
  "」",
  "是",
  "।",
  "؟ ",
  ", ",
  "word ",
  "No. ",
  "p.m. ",
  "😀",
  "I. ",
);
const texts = fc.array(pieces, { maxLength: 60 }).map((parts) => parts.join(""));

test("any chunking gives the same sentences", () => {
  fc.assert(
    fc.property(
      texts,
      fc.array(fc.nat(12), { maxLength: 40 }),
      fc.integer({ min: 8, max: 60 }),
      (text, sizes, max) => {
        const splitter = new SentenceSplitter(max);
        const sentences: string[] = [];
        let from = 0;
        for (const size of sizes) {
          sentences.push(...splitter.push(text.slice(from, from + size)));
          from += size;
        }
        sentences.push(...splitter.push(text.slice(from)), ...splitter.flush());

        expect(sentences).toEqual(split(text, max));
      },
    ),
    { numRuns: 500 },
  );
});

test("nothing but white space is lost, and no sentence is longer than the limit", () => {
  const bare = (text: string) => text.replace(/\s+/gu, "");
  fc.assert(
    fc.property(
      fc.oneof(texts, fc.string({ maxLength: 200 })),
      fc.integer({ min: 4, max: 60 }),
      (text, max) => {
        const sentences = split(text, max);

        expect(bare(sentences.join(""))).toBe(bare(text));
        expect(Math.max(0, ...sentences.map((sentence) => sentence.length))).toBeLessThanOrEqual(max);
      },
    ),
    { numRuns: 500 },
  );
});
