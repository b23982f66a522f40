import { afterAll, expect, test } from "bun:test";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { extractTogether } from "./extract.ts";

const root = mkdtempSync(join(tmpdir(), "hearth-extract-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));
let made = 0;
const fresh = () => join(root, `cache-${made++}`);

const files = [
  { name: "a.so", contents: new Blob(["first library"]) },
  { name: "b.so", contents: new Blob(["second library"]) },
];

test("files appear next to each other, for their owner only, and nothing else is left behind", async () => {
  const cache = fresh();
  const directory = await extractTogether(files, cache);

  expect(readdirSync(directory).sort()).toEqual(["a.so", "b.so"]);
  expect(readFileSync(join(directory, "b.so"), "utf8")).toBe("second library");
  expect(statSync(directory).mode & 0o077).toBe(0);
  expect(readdirSync(join(cache, "native"))).toHaveLength(1);
});

test("what is there already is used as it is", async () => {
  const cache = fresh();
  const first = await extractTogether(files, cache);
  const before = statSync(join(first, "a.so")).ino;

  expect(await extractTogether(files, cache)).toBe(first);
  expect(statSync(join(first, "a.so")).ino).toBe(before);
});

test("other contents under the same names go to another directory", async () => {
  const cache = fresh();
  const other = [{ name: "a.so", contents: new Blob(["first librarY"]) }];

  expect(await extractTogether(other, cache)).not.toBe(await extractTogether(files, cache));
});

test("a file with a flipped bit is replaced", async () => {
  const cache = fresh();
  const directory = await extractTogether(files, cache);
  writeFileSync(join(directory, "a.so"), "first librarx");

  expect(await extractTogether(files, cache)).toBe(directory);
  expect(readFileSync(join(directory, "a.so"), "utf8")).toBe("first library");
  expect(readdirSync(join(cache, "native"))).toHaveLength(1);
});

test("a file that is missing is put back", async () => {
  const cache = fresh();
  const directory = await extractTogether(files, cache);
  rmSync(join(directory, "b.so"));

  await extractTogether(files, cache);
  expect(readFileSync(join(directory, "b.so"), "utf8")).toBe("second library");
});

test("eight extractions at once agree on one whole directory", async () => {
  const cache = fresh();
  const large = [...files, { name: "c.so", contents: new Blob([new Uint8Array(300_000).fill(7)]) }];

  const directories = await Promise.all(Array.from({ length: 8 }, () => extractTogether(large, cache)));

  expect(new Set(directories).size).toBe(1);
  expect(readdirSync(directories[0] ?? "").sort()).toEqual(["a.so", "b.so", "c.so"]);
  expect(readdirSync(join(cache, "native"))).toHaveLength(1);
});

test("a cache that is a file is refused with the system's error", async () => {
  const cache = fresh();
  writeFileSync(cache, "");

  await expect(extractTogether(files, cache)).rejects.toMatchObject({ code: "ENOTDIR" });
});
