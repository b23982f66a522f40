import { afterEach, beforeEach, expect, test } from "bun:test";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { DEFAULT_MODEL, modelById } from "#adapters/models/catalogue.ts";
import { pullDisplay } from "./pull-display.ts";

const main = join(import.meta.dir, "../main.ts");
const { HEARTH_MODELS, PATH } = process.env;
const shared = HEARTH_MODELS ?? resolve(import.meta.dir, "../../../shared/models");
const folderName = modelById(DEFAULT_MODEL)?.folder ?? "";

let root = "";

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "hearth-cli-models-"));
});

afterEach(() => {
  rmSync(root, { recursive: true, force: true });
});

/** Run `hearth models …` with the models in `root`. */
function models(...args: readonly string[]) {
  const run = Bun.spawnSync([process.execPath, main, "models", ...args], {
    env: { PATH, HEARTH_DATA: join(root, "data"), HEARTH_MODELS: join(root, "models") },
  });
  return { code: run.exitCode, out: run.stdout.toString(), err: run.stderr.toString() };
}

test("ls tells of every model whether it is installed and whether anybody tried it", () => {
  const { code, out } = models("ls");

  expect(code).toBe(0);
  expect(out).toContain(`${DEFAULT_MODEL}: missing\n`);
  expect(out).toContain(`Run "hearth models pull ${DEFAULT_MODEL}".`);
  expect(out).toContain("silero-vad: bundled\n");
  expect(out).toContain("Not verified: nobody has tried it yet");
});

test("a model that does not exist is answered with the one that was meant", () => {
  const { code, err } = models("pull", "voice-en-us-amie");

  expect(code).toBe(2);
  expect(err).toStartWith(
    'hearth models: There is no model "voice-en-us-amie". Did you mean "voice-en-us-amy"?',
  );
});

test("pulling from a folder without the model fails with a sentence", () => {
  mkdirSync(join(root, "empty"));

  const { code, out, err } = models("pull", "--from", join(root, "empty"));

  expect({ code, out }).toEqual({ code: 1, out: "" });
  expect(err).toContain("does not hold the right encoder.int8.fixed.onnx");
});

if (existsSync(join(shared, folderName, "encoder.int8.upstream.onnx"))) {
  test("a model is pulled from a folder, verified, refused when changed, pulled again and removed", () => {
    const offered = join(root, "offered");
    cpSync(join(shared, folderName), join(offered, folderName), { recursive: true });
    const tokens = join(root, "models", folderName, "tokens.txt");

    const pulled = models("pull", "--from", offered);
    const right = models("verify");
    const text = readFileSync(tokens, "utf8");
    writeFileSync(tokens, text.replace("<blk> 0", "<blk> 1"));
    const wrong = models("verify", "--json");
    const again = models("pull", "--from", offered, "--json");
    const removed = models("rm", DEFAULT_MODEL);
    const gone = models("rm", DEFAULT_MODEL);

    expect(pulled.out).toBe(`${DEFAULT_MODEL} is installed in ${join(root, "models", folderName)}.\n`);
    expect([right.code, right.out]).toEqual([
      0,
      `${DEFAULT_MODEL}: every file is right.\nsilero-vad: every file is right.\n`,
    ]);
    expect([wrong.code, JSON.parse(wrong.out)[0].kind]).toEqual([1, "refused"]);
    expect(JSON.parse(again.out)).toEqual({ id: DEFAULT_MODEL, folder: join(root, "models", folderName) });
    expect([removed.code, removed.out]).toEqual([0, `${DEFAULT_MODEL}: removed.\n`]);
    expect([gone.code, gone.out]).toEqual([1, `${DEFAULT_MODEL}: was not installed.\n`]);
  });

  const canMount = process.getuid?.() === 0 && Bun.spawnSync(["unshare", "-m", "true"]).success;
  if (canMount) {
    test("a disk that fills up while a model is installed is told of, and nothing half stays", () => {
      mkdirSync(join(root, "models"));
      const shell = 'mount -t tmpfs -o size=6m tmpfs "$0" && "$@"; echo "$?"; find "$0" -type f -size +0';

      const run = Bun.spawnSync(
        [
          "unshare",
          "-m",
          "sh",
          "-c",
          shell,
          join(root, "models"),
          process.execPath,
          main,
          "models",
          "pull",
          "--from",
          shared,
        ],
        { env: { PATH, HEARTH_DATA: join(root, "data"), HEARTH_MODELS: join(root, "models") } },
      );

      expect(run.stdout.toString()).toBe("1\n");
      expect(run.stderr.toString()).toBe(
        `There is no space left at ${join(root, "models")}. Free some and run the command again.\n`,
      );
    });
  } else {
    test.skip("a disk that fills up while a model is installed is told of (skipped: mounting needs root)", () => {});
  }
} else {
  test.skip(`a model is pulled from a folder, verified and removed (skipped: no models at ${shared})`, () => {});
}

/** What a display writes for these numbers of bytes out of 2 MB. */
function displayed(terminal: boolean, json: boolean, steps: readonly number[]): string[] {
  const written: string[] = [];
  const display = pullDisplay("m", { json, terminal, write: (text) => written.push(text) });
  for (const bytes of steps) display.show({ stage: "download", bytes, total: 2_000_000 });
  display.end();
  return written;
}

test("a terminal sees a bar that is drawn over", () => {
  expect(displayed(true, false, [0, 1_000_000, 2_000_000])).toEqual([
    "\rm: download [........................] 0.0 MB of 2.0 MB\x1b[K",
    "\rm: download [############............] 1.0 MB of 2.0 MB\x1b[K",
    "\rm: download [########################] 2.0 MB of 2.0 MB\x1b[K",
    "\n",
  ]);
});

test("a log gets a line for every tenth, and JSON nothing", () => {
  const steps = [0, 100_000, 200_000, 210_000, 2_000_000];

  expect(displayed(false, false, steps)).toEqual([
    "m: download 0 %\n",
    "m: download 10 %\n",
    "m: download 100 %\n",
  ]);
  expect(displayed(true, true, steps)).toEqual([]);
});
