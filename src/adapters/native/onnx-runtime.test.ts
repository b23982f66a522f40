import { afterAll, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { EngineError } from "#core/faults.ts";
import { sherpaLibraries, sileroModel } from "./native-files.ts";
import { floatTensor, loadOnnxModel, longTensor } from "./onnx-runtime.ts";

const root = mkdtempSync(join(tmpdir(), "hearth-onnx-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));
const { onnxRuntime } = await sherpaLibraries("test", root);
const silero = await sileroModel("test", root);

test("a library that is none is unavailable", () => {
  const path = join(root, "not.so");
  writeFileSync(path, "text");

  expect(() => loadOnnxModel("test", path, silero)).toThrow(
    expect.objectContaining({ fault: "unavailable", retryable: false }),
  );
});

test("a model that is missing or no model is unavailable, in the runtime's words", () => {
  const path = join(root, "not.onnx");
  writeFileSync(path, "text");

  expect(() => loadOnnxModel("test", onnxRuntime, join(root, "absent.onnx"))).toThrow(EngineError);
  expect(() => loadOnnxModel("test", onnxRuntime, path)).toThrow(/test: .*not\.onnx/);
});

test("inputs of the wrong shape are a protocol error and leave the model usable", () => {
  using model = loadOnnxModel("test", onnxRuntime, silero);
  const rate = longTensor("sr", []);
  rate.data[0] = 16_000n;
  const bind = (state: readonly number[]) => {
    const score = floatTensor("output", [1, 1]);
    const inputs = [floatTensor("input", [1, 576]), floatTensor("state", state), rate];
    return { score, bound: model.bind(inputs, [score, floatTensor("stateN", [2, 1, 128])]) };
  };
  using wrong = bind([2, 1]).bound;
  const right = bind([2, 1, 128]);
  using bound = right.bound;

  expect(() => wrong.run()).toThrow(expect.objectContaining({ fault: "protocol" }));
  bound.run();
  expect(right.score.data[0]).toBeGreaterThan(0);
  expect(right.score.data[0]).toBeLessThan(0.5);
});
