import { expect, test } from "bun:test";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { withoutWaiting } from "#testing/release-host.ts";
import { DEFAULT_MODEL, modelById } from "./catalogue.ts";
import { FileHashes } from "./hash.ts";
import { pullModel } from "./pull.ts";
import { checkFolder } from "./resolve.ts";

const { HEARTH_MODELS } = process.env;
const shared = HEARTH_MODELS ?? resolve(import.meta.dir, "../../../../shared/models");
const kws = modelById(DEFAULT_MODEL);
const released = join(shared, kws?.folder ?? "");

interface Imported {
  readonly kind: string;
  readonly names: readonly string[];
}

/** Import from a folder prepared by `offer`; resolves with the verdict on the result and what its folder holds. */
async function imported(offer: (folder: string) => void): Promise<Imported> {
  if (!kws) throw new Error("the catalogue has no default model");
  const root = mkdtempSync(join(tmpdir(), "hearth-wake-model-"));
  try {
    const from = join(root, "offered");
    offer(from);
    const folder = await pullModel({ fetch, clock: withoutWaiting() }, kws, {
      root: join(root, "models"),
      from,
      signal: new AbortController().signal,
      onProgress: () => undefined,
    });
    return {
      kind: checkFolder(kws, folder, new FileHashes(undefined)).kind,
      names: readdirSync(folder).sort(),
    };
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

const WHOLE: Imported = {
  kind: "ready",
  names: [
    "bpe.model",
    "decoder.onnx",
    "encoder.int8.fixed.onnx",
    "hearth-model.json",
    "joiner.int8.onnx",
    "tokens.txt",
    "unigram-scores.json",
  ],
};

if (kws && existsSync(join(released, "encoder.int8.upstream.onnx"))) {
  test("the wake model is installed and repaired from the files as released, whatever they are called", async () => {
    const outcome = await imported((offered) => {
      mkdirSync(offered);
      cpSync(join(released, "encoder.int8.upstream.onnx"), join(offered, "encoder-epoch-12.int8.onnx"));
      for (const name of ["decoder.onnx", "joiner.int8.onnx", "tokens.txt", "bpe.model"]) {
        cpSync(join(released, name), join(offered, `released-${name}`));
      }
    });

    expect(outcome).toEqual(WHOLE);
  });

  test("the wake model is installed from a folder where it is repaired already", async () => {
    const outcome = await imported((offered) => {
      cpSync(released, offered, { recursive: true });
      rmSync(join(offered, "encoder.int8.upstream.onnx"));
    });

    expect(outcome).toEqual(WHOLE);
  });
} else {
  test.skip(`the wake model is installed and repaired (skipped: no models at ${shared})`, () => {});
}
