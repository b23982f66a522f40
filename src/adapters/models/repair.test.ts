import { expect, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { DEFAULT_MODEL, modelById, UPSTREAM_KWS_ENCODER } from "./catalogue.ts";
import { fieldsOf, messageOf, textField } from "./protobuf.ts";
import { RepairError, repairEncoder, scoresOfBpe } from "./repair.ts";

const { HEARTH_MODELS } = process.env;
const models = HEARTH_MODELS ?? resolve(import.meta.dir, "../../../../shared/models");
const kws = modelById(DEFAULT_MODEL);
const folder = join(models, kws?.folder ?? "");

function sha256(data: Uint8Array | string): string {
  return new Bun.CryptoHasher("sha256").update(data).digest("hex");
}

function expected(key: string): string | undefined {
  return kws?.files.find((file) => file.key === key)?.sha256;
}

if (existsSync(join(folder, "encoder.int8.upstream.onnx"))) {
  const upstream = readFileSync(join(folder, "encoder.int8.upstream.onnx"));

  test("repairing the encoder as released gives the known repaired one, byte for byte", () => {
    expect(sha256(upstream)).toBe(UPSTREAM_KWS_ENCODER.sha256);
    expect(sha256(repairEncoder(upstream))).toBe(expected("encoder") ?? "");
  });

  test("an encoder that is already repaired is refused", () => {
    const repaired = readFileSync(join(folder, "encoder.int8.fixed.onnx"));

    expect(() => repairEncoder(repaired)).toThrow("is not fed by a padding");
  });

  test("an encoder that is cut short is refused", () => {
    expect(() => repairEncoder(upstream.subarray(0, upstream.length - 1))).toThrow("no ONNX model");
  });

  test("taking a real model apart and putting it together changes nothing", () => {
    expect(sha256(messageOf(fieldsOf(upstream)))).toBe(UPSTREAM_KWS_ENCODER.sha256);
  });

  test("the scores of the word pieces come out byte for byte", () => {
    expect(sha256(scoresOfBpe(readFileSync(join(folder, "bpe.model"))))).toBe(
      expected("unigramScores") ?? "",
    );
  });
} else {
  test.skip(`the encoder as released is repaired byte for byte (skipped: no models at ${models})`, () => {});
}

test("a model without the faulty blocks is refused", () => {
  const node = messageOf([textField(2, "out"), textField(4, "Identity")]);
  const graph = messageOf([{ number: 1, type: 2, content: node }]);
  const model = messageOf([{ number: 7, type: 2, content: graph }]);

  expect(() => repairEncoder(model)).toThrow(new RepairError("the model has 0 of the 6 faulty blocks"));
});

test("an empty file and noise are refused", () => {
  expect(() => repairEncoder(new Uint8Array())).toThrow("the file holds no graph");
  expect(() => repairEncoder(new Uint8Array(64).fill(0xff))).toThrow("the file is no ONNX model");
  expect(() => scoresOfBpe(new Uint8Array())).toThrow("the file is no SentencePiece model");
});

test("fields of every kind survive being taken apart and put together", () => {
  const message = Uint8Array.of(
    0x08,
    0xac,
    0x02,
    0x11,
    1,
    2,
    3,
    4,
    5,
    6,
    7,
    8,
    0x1a,
    1,
    65,
    0x25,
    1,
    2,
    3,
    4,
  );

  const fields = fieldsOf(message);

  expect(fields.map((field) => [field.number, field.type, field.content.length])).toEqual([
    [1, 0, 2],
    [2, 1, 8],
    [3, 2, 1],
    [4, 5, 4],
  ]);
  expect(messageOf(fields)).toEqual(message);
});

test("a field that runs past the end is an error", () => {
  expect(() => fieldsOf(Uint8Array.of(0x1a, 5, 65))).toThrow(RangeError);
  expect(() => fieldsOf(Uint8Array.of(0x80))).toThrow(RangeError);
  expect(() => fieldsOf(Uint8Array.of(0x0b))).toThrow("wire type 3 is not known");
});
