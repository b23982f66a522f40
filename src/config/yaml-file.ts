import { isMap, isScalar, isSeq, LineCounter, parseDocument } from "yaml";

/** A parsed configuration file: its value, and on which line each key stands. */
export interface YamlFile {
  /** Keys whose value is empty are left out, so that a section of comments only is an absent one. */
  readonly value: unknown;
  /** The line of the key at `path`, or of the nearest section around it; 1 when there is none. */
  lineOf(path: readonly PropertyKey[]): number;
}

/** Parse a configuration file, or say in sentences why it is no YAML. `name` is how the file is called in them. */
export function parseYaml(
  text: string,
  name: string,
): { readonly ok: true; readonly file: YamlFile } | { readonly ok: false; readonly problems: string[] } {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  if (document.errors.length > 0) {
    const problems = document.errors.map((error) => {
      return `${name}, line ${lines.linePos(error.pos[0]).line}: this is not valid YAML: ${firstLine(error.message)}.`;
    });
    return { ok: false, problems };
  }
  let value: unknown;
  try {
    // The alias limit (100) keeps a file of nested aliases from filling the memory.
    value = document.toJS();
  } catch {
    return { ok: false, problems: [`${name}: it uses too many aliases. Write the values out.`] };
  }
  const lineOf = (path: readonly PropertyKey[]): number => {
    let node: unknown = document.contents;
    let offset = 0;
    for (const step of path) {
      if (isMap(node)) {
        const pair = node.items.find((item) => isScalar(item.key) && String(item.key.value) === String(step));
        if (!pair) break;
        if (isScalar(pair.key)) offset = pair.key.range?.[0] ?? offset;
        node = pair.value;
      } else if (isSeq(node)) {
        node = node.items[Number(step)];
        offset = rangeStart(node) ?? offset;
      } else break;
    }
    return Math.max(1, lines.linePos(offset).line);
  };
  return { ok: true, file: { value: withoutEmpty(value), lineOf } };
}

function withoutEmpty(value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  const kept = Object.entries(value).filter(([, item]) => item !== null);
  return Object.fromEntries(kept.map(([key, item]) => [key, withoutEmpty(item)]));
}

function rangeStart(node: unknown): number | undefined {
  return isScalar(node) || isMap(node) || isSeq(node) ? node.range?.[0] : undefined;
}

function firstLine(text: string): string {
  return (text.split("\n")[0] ?? "").replace(/[.:]$/, "");
}
