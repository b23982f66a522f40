import { expect, test } from "bun:test";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Runs a command with a 1 MB disk of its own mounted on its last argument. */
const NAMESPACE = ["unshare", "-rm", "sh", "-c", 'mount -t tmpfs -o size=1m none "$2" && exec "$0" "$@"'];

const canMount = (() => {
  if (Bun.which("unshare") === null) return false;
  const disk = mkdtempSync(join(tmpdir(), "hearth-disk-"));
  return Bun.spawnSync([...NAMESPACE, "true", "", disk]).exitCode === 0;
})();

const name = "on a full disk events stay readable, and are all stored when there is room again";
const run = canMount ? test : test.skip;

run(canMount ? name : `${name} (skipped: no user namespace to mount a small disk in)`, async () => {
  const disk = mkdtempSync(join(tmpdir(), "hearth-disk-"));
  const child = Bun.spawn(
    [...NAMESPACE, process.execPath, join(import.meta.dir, "full-disk-child.ts"), disk],
    { stdout: "pipe", stderr: "inherit" },
  );

  const answer = await new Response(child.stdout).json();

  expect(answer).toEqual({
    told: [
      { kind: "refused", detail: "SQLITE_FULL" },
      { kind: "recovered", lost: 0 },
    ],
    full: true,
    readableWhileFull: true,
    keptAfterwards: true,
    durable: true,
  });
});
