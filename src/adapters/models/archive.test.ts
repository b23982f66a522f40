import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Bzip2Error, bunzip2 } from "./bunzip2.ts";
import { TarError, untar } from "./untar.ts";

// Copies: a Buffer's slice would be a view.
const gnu = new Uint8Array(readFileSync(join(import.meta.dir, "fixtures/gnu.tar.bz2")));
const pax = new Uint8Array(readFileSync(join(import.meta.dir, "fixtures/pax.tar.bz2")));

function* cutInto(size: number, bytes: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

function sha256(data: Uint8Array): string {
  return new Bun.CryptoHasher("sha256").update(data).digest("hex");
}

function joined(parts: Iterable<Uint8Array>): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Buffer.concat([...parts]));
}

/** Path, size and hash of every file. */
function listing(chunks: Iterable<Uint8Array>): [string, number, string][] {
  const files: { path: string; bytes: number; data: Uint8Array[] }[] = [];
  for (const part of untar(chunks)) {
    if (part.kind === "file") files.push({ path: part.path, bytes: part.bytes, data: [] });
    else files.at(-1)?.data.push(part.data.slice());
  }
  return files.map(({ path, bytes, data }) => [path, bytes, sha256(joined(data))]);
}

const pattern = Uint8Array.from({ length: 1_200_000 }, (_, at) => at % 251);
const expected: [string, number, string][] = [
  ["demo/tokens.txt", 8, sha256(Buffer.from("one\ntwo\n"))],
  [`demo/sub/${"n".repeat(120)}.txt`, 10, sha256(Buffer.from("long name\n"))],
  ["demo/empty.bin", 0, sha256(new Uint8Array())],
  ["demo/pattern.bin", 1_200_000, sha256(pattern)],
];

function byPath(files: [string, number, string][]): [string, number, string][] {
  return files.toSorted(([a], [b]) => (a < b ? -1 : 1));
}

test.each([
  ["GNU", gnu, 1],
  ["GNU", gnu, 4096],
  ["pax", pax, 7],
  ["pax", pax, 1_000_000],
] as const)("a %s archive is unpacked whole, long names included", (_, archive, size) => {
  expect(byPath(listing(bunzip2(cutInto(size, archive))))).toEqual(byPath(expected));
});

test("streams that follow one another are read as one", () => {
  const once = joined(bunzip2([gnu]));

  expect(sha256(joined(bunzip2([gnu, gnu])))).toBe(sha256(joined([once, once])));
});

test("a bit flipped anywhere in the compressed data is noticed, unless it changes nothing", () => {
  const whole = sha256(joined(bunzip2([gnu])));
  const step = 97;
  const unnoticed = Array.from({ length: Math.floor(gnu.length / step) }, (_, index) => index * step).filter(
    (at) => {
      const damaged = gnu.slice();
      damaged[at] = (damaged[at] ?? 0) ^ 0x10;
      try {
        // Tables may hold codes that are never used.
        return sha256(joined(bunzip2([damaged]))) !== whole;
      } catch (error) {
        return !(error instanceof Bzip2Error);
      }
    },
  );

  expect(unnoticed).toEqual([]);
});

test("compressed data that is cut short is refused at every length", () => {
  const lengths = [0, 1, 3, 4, 13, 14, 100, gnu.length >> 1, gnu.length - 4, gnu.length - 1];

  for (const length of lengths) {
    expect(() => joined(bunzip2([gnu.subarray(0, length)]))).toThrow(Bzip2Error);
  }
});

test("what is no bzip2 data is refused", () => {
  expect(() => joined(bunzip2([Buffer.from("<!doctype html>")]))).toThrow("this is no bzip2 data");
});

test("an archive that is cut short is refused", () => {
  const whole = joined(bunzip2([gnu]));

  expect(() => listing([whole.subarray(0, 600)])).toThrow(TarError);
  expect(() => listing([whole.subarray(0, 100_000)])).toThrow("the archive ends too early");
});

test("a damaged header is refused", () => {
  const whole = joined(bunzip2([gnu]));
  whole[0] = (whole[0] ?? 0) ^ 1;

  expect(() => listing([whole])).toThrow("a header's checksum is wrong");
});

/** A header as tar writes it, with a right checksum. */
function header(path: string): Uint8Array {
  const block = new Uint8Array(512);
  const put = (text: string, at: number) => block.set(Buffer.from(text), at);
  put(path, 0);
  put("00000000000", 124);
  put("        ", 148);
  put("0", 156);
  const sum = block.reduce((total, byte) => total + byte, 0);
  put(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
  return block;
}

test.each(["../evil", "/etc/passwd", "a/../../b", "a\\..\\b", "./"])("the path %s is refused", (path) => {
  expect(() => listing([header(path)])).toThrow("leads outside the archive");
});
