import { afterEach, beforeEach, expect, test } from "bun:test";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { exclusiveLock } from "#adapters/system/exclusive-lock.ts";
import { ReleaseHost, withoutWaiting } from "#testing/release-host.ts";
import type { ModelEntry } from "./catalogue.ts";
import { FileHashes } from "./hash.ts";
import { ModelError } from "./model-error.ts";
import { type PullProgress, pullModel } from "./pull.ts";
import { checkFolder } from "./resolve.ts";

const archive = new Uint8Array(readFileSync(join(import.meta.dir, "fixtures/gnu.tar.bz2")));

function sha256(data: Uint8Array | string): string {
  return new Bun.CryptoHasher("sha256").update(data).digest("hex");
}

const pattern = Uint8Array.from({ length: 1_200_000 }, (_, at) => at % 251);

let root = "";
let host: ReleaseHost;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "hearth-pull-"));
  host = new ReleaseHost(archive);
});

afterEach(async () => {
  await host[Symbol.asyncDispose]();
  rmSync(root, { recursive: true, force: true });
});

/** The made-up model in the fixture archive; recognised by hash, so called otherwise here. */
function entry(patternSha256 = sha256(pattern)): ModelEntry {
  return {
    id: "demo",
    name: "Demo",
    roles: ["stt"],
    languages: ["en"],
    licence: "none",
    folder: "demo-model",
    downloadBytes: archive.length,
    source: { kind: "archive", url: `${host.url}/demo.tar.bz2` },
    files: [
      { key: "tokens", names: ["words.txt"], sha256: sha256("one\ntwo\n"), bytes: 8 },
      { key: "model", names: ["model.onnx"], sha256: patternSha256, bytes: pattern.length },
    ],
    verified: "made up",
  };
}

function pull(
  model: ModelEntry,
  more: { from?: string; signal?: AbortSignal; progress?: PullProgress[] } = {},
) {
  const clock = withoutWaiting();
  const installed = pullModel({ fetch, clock }, model, {
    root: join(root, "models"),
    from: more.from,
    signal: more.signal ?? new AbortController().signal,
    onProgress: (progress) => {
      more.progress?.push(progress);
      if (progress.stage === "download") host.arrived(progress.bytes);
    },
  });
  return { installed, clock };
}

async function refusal(installed: Promise<string>): Promise<ModelError> {
  const outcome = await installed.then(
    (folder) => new Error(`${folder} was installed`),
    (error: unknown) => error,
  );
  if (outcome instanceof ModelError) return outcome;
  throw outcome;
}

function leftovers(): string[] {
  const models = join(root, "models");
  return existsSync(models) ? readdirSync(models).filter((name) => !name.endsWith(".lock")) : [];
}

test("a model is fetched, unpacked, checked and put in place, and nothing else stays", async () => {
  const progress: PullProgress[] = [];

  const folder = await pull(entry(), { progress }).installed;

  expect(checkFolder(entry(), folder, new FileHashes(undefined)).kind).toBe("ready");
  expect(readdirSync(folder).sort()).toEqual(["hearth-model.json", "model.onnx", "words.txt"]);
  expect(leftovers()).toEqual(["demo-model"]);
  expect(progress.filter(({ stage }) => stage === "download").at(-1)).toEqual({
    stage: "download",
    bytes: archive.length,
    total: archive.length,
  });
  expect(progress.at(-1)).toEqual({ stage: "unpack", bytes: archive.length, total: archive.length });
});

test.each([0, 1, 511, 4096, archive.length - 1])(
  "a download cut after %d bytes goes on where it stopped",
  async (cut) => {
    host.cutAfter = cut;

    const folder = await pull(entry()).installed;

    expect(checkFolder(entry(), folder, new FileHashes(undefined)).kind).toBe("ready");
    expect(host.ranges).toEqual(cut === 0 ? [undefined, undefined] : [undefined, `bytes=${cut}-`]);
  },
);

test("a download that was left by an earlier command goes on where it stopped", async () => {
  host.cutAfter = 5000;
  const stop = new AbortController();
  host.onCut = () => stop.abort(new Error("the owner pressed Ctrl-C"));

  await expect(pull(entry(), { signal: stop.signal }).installed).rejects.toThrow("the owner pressed Ctrl-C");
  const folder = await pull(entry()).installed;

  expect(host.ranges.at(-1)).toBe("bytes=5000-");
  expect(checkFolder(entry(), folder, new FileHashes(undefined)).kind).toBe("ready");
});

test("a release that changed between two attempts is fetched from its beginning", async () => {
  host.cutAfter = 5000;
  host.onCut = () => {
    host.etag = '"second"';
  };

  const folder = await pull(entry()).installed;

  expect(host.statuses).toEqual([200, 200]);
  expect(checkFolder(entry(), folder, new FileHashes(undefined)).kind).toBe("ready");
});

test("a host that cannot serve parts is asked for the whole again", async () => {
  host.servesRanges = false;
  host.cutAfter = 5000;

  const folder = await pull(entry()).installed;

  expect(host.statuses).toEqual([200, 200]);
  expect(checkFolder(entry(), folder, new FileHashes(undefined)).kind).toBe("ready");
});

test("a download that was whole already is not fetched again", async () => {
  mkdirSync(join(root, "models"));
  writeFileSync(join(root, "models/.demo.tar.bz2.part"), archive);

  await pull(entry()).installed;

  expect(host.statuses).toEqual([416]);
});

test("a missing release is refused at once with what to do", async () => {
  host.failWith = [404, 404];

  const error = await refusal(pull(entry()).installed);

  expect(error.fault).toBe("unavailable");
  expect(error.message).toEndWith(
    "answered 404 for the download. Try again later, or fetch it elsewhere and use --from.",
  );
  expect(host.statuses).toEqual([404]);
});

test("a host in trouble is asked again, with the pauses it asks for", async () => {
  host.failWith = [503, 429];
  host.retryAfterSeconds = 3;

  const { installed, clock } = pull(entry());
  await installed;

  expect(host.statuses).toEqual([503, 429, 200]);
  expect(clock.pauses).toEqual([3000, 3000]);
});

test("a host that never answers well is given up after five attempts with growing pauses", async () => {
  host.failWith = Array(9).fill(500);

  const { installed, clock } = pull(entry());
  const error = await refusal(installed);

  expect(error.fault).toBe("unavailable");
  expect(host.statuses.length).toBe(5);
  expect(clock.pauses).toEqual([1000, 2000, 4000, 8000]);
});

test("a host nobody can reach is given up with what to do", async () => {
  const model = entry();
  await host[Symbol.asyncDispose]();

  const error = await refusal(pull(model).installed);

  expect(error.fault).toBe("unreachable");
  expect(error.message).toContain("it goes on where it stopped");
});

test("a file with the wrong hash is refused, and neither it nor the download stays", async () => {
  const error = await refusal(pull(entry("0".repeat(64))).installed);

  expect(error.fault).toBe("refused");
  expect(error.message).toContain("does not hold the right model.onnx (SHA-256 000000000000…)");
  expect(leftovers()).toEqual([]);
});

test("a damaged archive is refused and removed", async () => {
  const damaged = archive.slice();
  damaged[6000] = (damaged[6000] ?? 0) ^ 1;
  host.content = damaged;

  const error = await refusal(pull(entry()).installed);

  expect(error.message).toContain("is damaged: ");
  expect(leftovers()).toEqual([]);
});

test("a failed pull leaves the installed model as it is", async () => {
  const folder = await pull(entry()).installed;
  host.content = Buffer.from("<!doctype html>");

  await refusal(pull(entry()).installed);

  expect(checkFolder(entry(), folder, new FileHashes(undefined)).kind).toBe("ready");
});

test("two pulls of one model at once are refused", async () => {
  mkdirSync(join(root, "models"));
  using _held = exclusiveLock(join(root, "models/.demo.lock"));

  expect((await refusal(pull(entry()).installed)).fault).toBe("busy");
});

test("a model is taken from a folder, an archive or the folder the archive is in", async () => {
  const model = entry();
  const offered = join(root, "offered");
  mkdirSync(offered);
  writeFileSync(join(offered, "demo.tar.bz2"), archive);

  const first = await pull(model, { from: offered }).installed;
  cpSync(first, join(root, "copy"), { recursive: true });
  await pull(model, { from: join(offered, "demo.tar.bz2") }).installed;
  const last = await pull(model, { from: join(root, "copy") }).installed;

  expect(checkFolder(model, last, new FileHashes(undefined)).kind).toBe("ready");
  expect(host.statuses).toEqual([]);
});

test("a folder that lacks a file is refused, and one that is not there too", async () => {
  const offered = join(root, "offered");
  mkdirSync(offered);

  expect((await refusal(pull(entry(), { from: offered }).installed)).fault).toBe("refused");
  expect((await refusal(pull(entry(), { from: join(root, "nowhere") }).installed)).fault).toBe("unavailable");
});

test("a model nobody verified is recorded as it came and held to that", async () => {
  const model: ModelEntry = {
    ...entry(),
    files: [
      { key: "tokens", names: ["tokens.txt"], released: /^tokens\.txt$/ },
      { key: "data", names: ["sub"], released: /^sub\//, tree: true },
    ],
  };

  const folder = await pull(model).installed;
  const before = checkFolder(model, folder, new FileHashes(undefined)).kind;
  writeFileSync(join(folder, "tokens.txt"), "one\ntwo?");
  const error = await refusal(pull({ ...model, id: "other" }, { from: folder }).installed);

  expect(before).toBe("ready");
  expect(checkFolder(model, folder, new FileHashes(undefined)).kind).toBe("refused");
  expect(error.message).toContain("tokens.txt has changed since it was installed there.");
});
