import { expect, test } from "bun:test";
import { encodeWav, parseWav, toMono } from "./wav.ts";

const SOUND = new Int16Array([0, 1, -1, 32767, -32768]);

/** A WAV file with one field overwritten. */
function withUint16(at: number, value: number): Uint8Array {
  const bytes = encodeWav(SOUND);
  new DataView(bytes.buffer).setUint16(at, value, true);
  return bytes;
}

function problem(bytes: Uint8Array): string {
  const parsed = parseWav(bytes);
  return parsed.ok ? "none" : parsed.problem;
}

test("what is written is read back", () => {
  expect(parseWav(encodeWav(SOUND))).toEqual({
    ok: true,
    wav: { rateHz: 16_000, channels: 1, samples: SOUND },
  });
  expect(parseWav(encodeWav(SOUND, 22_050))).toMatchObject({ ok: true, wav: { rateHz: 22_050 } });
});

test("a file inside a larger buffer at an odd offset is read", () => {
  const file = encodeWav(SOUND);
  const larger = new Uint8Array(file.length + 3);
  larger.set(file, 3);

  expect(parseWav(larger.subarray(3))).toMatchObject({ ok: true, wav: { samples: SOUND } });
  expect(parseWav(Buffer.from(larger.buffer, 3))).toMatchObject({ ok: true, wav: { samples: SOUND } });
});

test("unknown chunks of odd length before the sound are skipped", () => {
  const file = encodeWav(SOUND);
  const list = new Uint8Array([76, 73, 83, 84, 3, 0, 0, 0, 1, 2, 3, 0]);
  const bytes = new Uint8Array([...file.subarray(0, 36), ...list, ...file.subarray(36)]);

  expect(parseWav(bytes)).toMatchObject({ ok: true, wav: { samples: SOUND } });
});

test("a data chunk longer than the file gives the samples that are there", () => {
  const bytes = encodeWav(SOUND);
  new DataView(bytes.buffer).setUint32(40, 0xffff_ffff, true);

  expect(parseWav(bytes.subarray(0, bytes.length - 1))).toMatchObject({
    ok: true,
    wav: { samples: SOUND.subarray(0, 4) },
  });
});

test("the extensible header with a PCM sub-format is understood", () => {
  const plain = encodeWav(SOUND);
  const format = new Uint8Array(48);
  format.set(plain.subarray(12, 36));
  const view = new DataView(format.buffer);
  view.setUint32(4, 40, true);
  view.setUint16(8, 0xfffe, true);
  view.setUint16(32, 1, true);
  const bytes = new Uint8Array([...plain.subarray(0, 12), ...format, ...plain.subarray(36)]);

  expect(parseWav(bytes)).toMatchObject({ ok: true, wav: { samples: SOUND } });
});

test("every kind of wrong file is refused with what is wrong", () => {
  expect(problem(new Uint8Array(5))).toContain("not a WAV file");
  expect(problem(new TextEncoder().encode("ID3 and some other music"))).toContain("not a WAV file");
  expect(problem(withUint16(20, 3))).toContain("format 3");
  expect(problem(withUint16(34, 24))).toContain("24-bit");
  expect(problem(withUint16(22, 0))).toContain("no channels");
  expect(problem(withUint16(24, 0))).toContain("rate of 0");
  expect(problem(withUint16(16, 8))).toContain("cut short");
  expect(problem(encodeWav(SOUND).subarray(0, 36))).toContain("no data chunk");
  const headless = encodeWav(SOUND);
  expect(problem(new Uint8Array([...headless.subarray(0, 12), ...headless.subarray(36)]))).toContain(
    "before it says",
  );
});

test("stereo is averaged into mono, a lone last sample left out", () => {
  const samples = new Int16Array([100, 200, -5, -6, 9]);

  expect(toMono({ rateHz: 16_000, channels: 2, samples })).toEqual(new Int16Array([150, -5]));
  expect(toMono({ rateHz: 16_000, channels: 1, samples })).toBe(samples);
});
