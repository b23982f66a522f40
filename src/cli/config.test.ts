import { afterEach, beforeEach, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const main = join(import.meta.dir, "../main.ts");

let root = "";

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "hearth-config-"));
});

afterEach(() => {
  rmSync(root, { recursive: true, force: true });
});

/** Run `hearth config …` with this environment and no other of ours. */
function config(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const { PATH } = process.env;
  const run = Bun.spawnSync([process.execPath, main, "config", ...args], {
    env: { PATH, HEARTH_DATA: root, ...env },
  });
  return { code: run.exitCode, out: run.stdout.toString(), err: run.stderr.toString() };
}

test("show gives the configuration in effect without its secrets", () => {
  writeFileSync(join(root, "hearth.yaml"), "security: {feed_tokens: [aaaaaaaaaaaaaaaaaaaa]}\n");

  const { code, out } = config(["show", "--json"], { HEARTH_SERVER_PORT: "1" });

  expect(code).toBe(0);
  expect(JSON.parse(out)).toMatchObject({
    server: { port: 1 },
    security: { feed_tokens: [{ id: "feed-1", token: "(secret)" }] },
  });
  expect(out).not.toContain("aaaaaaaa");
});

test("check tells every mistake with its line and fails", () => {
  const file = join(root, "mine.yaml");
  writeFileSync(file, "log:\n  lvel: info\n");

  expect(config(["check", file])).toEqual({
    code: 1,
    out: "",
    err: 'mine.yaml, line 2: there is no "log.lvel". Did you mean "level"?\n',
  });
});

test("check says which file is right", () => {
  writeFileSync(join(root, "hearth.yaml"), "log: {level: warn}\n");

  expect(config(["check"])).toEqual({ code: 0, out: `${join(root, "hearth.yaml")} is right.\n`, err: "" });
});

test("the example is a file that check accepts", () => {
  writeFileSync(join(root, "hearth.yaml"), config(["example"]).out);

  expect(config(["check"]).code).toBe(0);
});

test("schema and keys answer in JSON", () => {
  expect(JSON.parse(config(["schema"]).out).title).toBe("hearth.yaml");
  expect(JSON.parse(config(["keys", "--json"]).out)[0].variable).toBe("HEARTH_HUB_NAME");
});

test("a wrong call is answered with the usage", () => {
  const { code, err } = config(["shwo"]);

  expect(code).toBe(2);
  expect(err).toStartWith('hearth config: There is no "shwo".\n\nhearth config show|check');
});
