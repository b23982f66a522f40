import { afterAll, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { embeddedFile } from "./embedded.ts";

const root = mkdtempSync(join(tmpdir(), "hearth-embedded-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

test("nothing is embedded when running from source", () => {
  expect(embeddedFile("libonnxruntime.so")).toBeUndefined();
});

test("files named to the build as entry points are found in the executable under their own names", () => {
  const program = join(root, "probe.ts");
  writeFileSync(
    program,
    `import { embeddedFile } from ${JSON.stringify(join(import.meta.dir, "embedded.ts"))};
     for (const name of ["lib-one.so", "one.so", "voices.data"]) {
       const file = embeddedFile(name);
       console.log(name, file ? await file.contents.text() : "absent");
     }`,
  );
  writeFileSync(join(root, "lib-one.so"), "a library");
  writeFileSync(join(root, "voices.data"), "voices");
  const executable = join(root, "probe");

  const build = Bun.spawnSync(
    [
      process.execPath,
      "build",
      "--compile",
      "--format=esm",
      program,
      join(root, "lib-one.so"),
      join(root, "voices.data"),
      "--loader",
      ".so:file",
      "--loader",
      ".data:file",
      "--outfile",
      executable,
    ],
    { cwd: root },
  );
  expect(build.exitCode).toBe(0);
  const run = Bun.spawnSync([executable], { cwd: "/" });

  expect(run.stdout.toString()).toBe("lib-one.so a library\none.so absent\nvoices.data voices\n");
}, 60_000);
