import { expect, test } from "bun:test";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SeqFile } from "./seq-file.ts";

const SLOT_BYTES = 4096;

function fresh(): string {
  return join(mkdtempSync(join(tmpdir(), "hearth-seq-")), "events.seq");
}

/** Write these reservations, one after the other. */
function written(path: string, ...marks: number[]): void {
  using file = new SeqFile(path);
  for (const through of marks) file.write({ through, clean: false });
}

function read(path: string) {
  using file = new SeqFile(path);
  return file.read();
}

test("a new file holds no mark, and a written one is read again", () => {
  const path = fresh();
  expect(read(path)).toBeUndefined();

  using file = new SeqFile(path);
  file.write({ through: 1000, clean: false });
  file.write({ through: 1234, clean: true });

  expect(read(path)).toEqual({ through: 1234, clean: true });
});

test("wherever a power cut tears a write, the mark before it still holds", () => {
  const path = fresh();
  written(path, 1000, 2000);
  const before = readFileSync(path);
  written(path, 3000);
  const after = readFileSync(path);

  const found = new Set<number | undefined>();
  for (let bytes = 0; bytes <= SLOT_BYTES; bytes += 7) {
    // The third write goes to the second slot: only its first bytes reach the disk.
    const torn = Buffer.from(before);
    after.copy(torn, SLOT_BYTES, SLOT_BYTES, SLOT_BYTES + bytes);
    writeFileSync(path, torn);
    found.add(read(path)?.through);
  }

  expect([...found]).toEqual([2000, 3000]);
});

test("a file cut short or with flipped bits is no mark, and can be written again", () => {
  const path = fresh();
  written(path, 1000);
  const bytes = readFileSync(path);
  for (let i = 0; i < bytes.length; i++) bytes[i] = (bytes[i] ?? 0) ^ 1;
  writeFileSync(path, bytes.subarray(0, 5000));

  expect(read(path)).toBeUndefined();
  written(path, 7000);
  expect(read(path)).toEqual({ through: 7000, clean: false });
});

test("a directory that is not there is refused with the system's error", () => {
  using file = new SeqFile("/nowhere/at/all/events.seq");

  expect(() => file.write({ through: 1, clean: false })).toThrow("ENOENT");
});
