import { expect, test } from "bun:test";
import { GrammarError, type Pattern, parseTemplate } from "./grammar-pattern.ts";

const word = (text: string): Pattern => ({ kind: "word", word: text });

test("a single word is that word", () => {
  expect(parseTemplate(" stop ")).toEqual(word("stop"));
});

test("brackets, alternatives, rules and slots become a tree", () => {
  expect(parseTemplate("set [a] {what:(timer | <thing>)} | what's up")).toEqual({
    kind: "choice",
    options: [
      {
        kind: "sequence",
        items: [
          word("set"),
          { kind: "optional", item: word("a") },
          {
            kind: "slot",
            name: "what",
            item: { kind: "choice", options: [word("timer"), { kind: "rule", name: "thing" }] },
          },
        ],
      },
      { kind: "sequence", items: [word("what's"), word("up")] },
    ],
  });
});

test("a plus repeats what stands before it, a star is open, digits are built in", () => {
  expect(parseTemplate("(<digits> plus)+ {rest:*}")).toEqual({
    kind: "sequence",
    items: [
      { kind: "repeat", item: { kind: "sequence", items: [{ kind: "digits" }, word("plus")] } },
      { kind: "slot", name: "rest", item: { kind: "open" } },
    ],
  });
});

test("a malformed template is refused with the template named", () => {
  const malformed = ["", "a |", "(a", "[a)", "{name:a", "a)", "{ a }", "A", "a & b", "+ a", "()", "{name:}"];

  for (const template of malformed) {
    expect(() => parseTemplate(template)).toThrow(GrammarError);
    expect(() => parseTemplate(template)).toThrow(`template "${template}"`);
  }
});

test("templates are bounded in length and depth", () => {
  expect(() => parseTemplate("a ".repeat(1001))).toThrow("longer than 2000");
  expect(() => parseTemplate(`${"(".repeat(17)}a${")".repeat(17)}`)).toThrow("nested deeper than 16");
  expect(parseTemplate(`${"(".repeat(16)}a${")".repeat(16)}`)).toEqual(word("a"));
});
