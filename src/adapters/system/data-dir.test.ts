import { afterEach, beforeEach, expect, test } from "bun:test";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DataDirError, defaultDataDir, openDataDir } from "./data-dir.ts";

let root = "";

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "hearth-data-"));
});

afterEach(() => {
  rmSync(root, { recursive: true, force: true });
});

/** What opening fails with. */
async function refusal(path: string): Promise<DataDirError> {
  try {
    await using opened = await openDataDir(path);
    throw new Error(`${opened.path} was opened`);
  } catch (error) {
    if (error instanceof DataDirError) return error;
    throw error;
  }
}

test("a missing directory is created for its owner only", async () => {
  const path = join(root, "deep/er/hearth");

  await using data = await openDataDir(path);

  expect(data.path).toBe(path);
  expect(data.join("models", "x")).toBe(join(path, "models/x"));
  expect(statSync(path).mode & 0o777).toBe(0o700);
});

test("a second one in the same process is refused until the first is closed", async () => {
  const first = await openDataDir(root);

  const error = await refusal(root);
  await first[Symbol.asyncDispose]();
  await using second = await openDataDir(root);

  expect(error.fault).toBe("in-use");
  expect(error.message).toContain(`(process ${process.pid}) is using the data directory ${root}.`);
  expect(second.path).toBe(root);
});

/** A process that holds the directory, and a child of its own that outlives it. */
async function holdElsewhere() {
  const script = `
    const { openDataDir } = await import(${JSON.stringify(join(import.meta.dir, "data-dir.ts"))});
    await openDataDir(${JSON.stringify(root)});
    const child = Bun.spawn(["sleep", "60"], { stdio: ["ignore", "ignore", "ignore"] });
    // Nothing refers to it any more, and it is held all the same.
    await new Promise((resolve) => setImmediate(resolve));
    Bun.gc(true);
    console.log(child.pid);
    process.stdin.on("data", () => {});
  `;
  const holder = Bun.spawn([process.execPath, "-e", script], {
    stdin: "pipe",
    stdout: "pipe",
    stderr: "inherit",
  });
  const { value } = await holder.stdout.getReader().read();
  return { holder, grandchildPid: Number(new TextDecoder().decode(value)) };
}

test("a second process is refused and told who holds it, and kill -9 frees the lock at once", async () => {
  const { holder, grandchildPid } = await holdElsewhere();
  try {
    const error = await refusal(root);
    holder.kill("SIGKILL");
    await holder.exited;
    await using data = await openDataDir(root);

    expect(error.fault).toBe("in-use");
    expect(error.message).toStartWith(
      `Another Hearth (process ${holder.pid}) is using the data directory ${root}.`,
    );
    expect(process.kill(grandchildPid, 0)).toBe(true);
    expect(data.path).toBe(root);
  } finally {
    process.kill(grandchildPid, "SIGKILL");
  }
});

test("a pid file left behind by a dead process does not keep anybody out", async () => {
  writeFileSync(join(root, "hearth.pid"), "4194305\n");

  await using data = await openDataDir(root);

  expect(data.path).toBe(root);
});

test("closing removes the pid file and the probe leaves nothing", async () => {
  const data = await openDataDir(root);
  await data[Symbol.asyncDispose]();

  expect(existsSync(join(root, "hearth.pid"))).toBe(false);
  expect(existsSync(join(root, "hearth.probe"))).toBe(false);
});

test("a file in the place of the directory is refused", async () => {
  const path = join(root, "file");
  writeFileSync(path, "");

  expect((await refusal(path)).fault).toBe("not-a-directory");
  expect((await refusal(join(path, "below"))).fault).toBe("not-a-directory");
});

const isRoot = process.getuid?.() === 0;
const canMount = isRoot && Bun.spawnSync(["unshare", "-m", "true"]).success;

/** Open the directory in a process that sees a small or read-only file system there. */
function refusalOnMount(options: string, before: string): string {
  const script = `
    const { openDataDir } = await import(${JSON.stringify(join(import.meta.dir, "data-dir.ts"))});
    await openDataDir(${JSON.stringify(root)}).then(() => console.log("opened"), (error) => console.log(error.fault + ": " + error.message));
  `;
  const shell = `mount -t tmpfs -o ${options} tmpfs "$0" && ${before}; exec "$1" -e "$2"`;
  const run = Bun.spawnSync(["unshare", "-m", "sh", "-c", shell, root, process.execPath, script]);
  return run.stdout.toString().trim();
}

if (canMount) {
  test("a read-only file system is refused with what to do", () => {
    expect(refusalOnMount("ro", "true")).toBe(
      `read-only: The data directory ${root} is on a read-only file system. Remount it writable, or name another with --data or HEARTH_DATA.`,
    );
  });

  test("a full disk is refused with what to do", () => {
    expect(refusalOnMount("size=128k", 'head -c 200000 /dev/zero >"$0/ballast"')).toBe(
      `full: There is no space left for the data directory ${root}. Free some, or name another with --data or HEARTH_DATA.`,
    );
  });
} else {
  test.skip("a read-only or full file system is refused (skipped: mounting needs root)", () => {});
}

if (isRoot) {
  test.skip("a directory of somebody else is refused (skipped: root may write anywhere)", () => {});
} else {
  test("a directory of somebody else is refused with what to do", async () => {
    const path = join(root, "theirs");
    mkdirSync(path);
    chmodSync(path, 0o500);

    expect((await refusal(path)).fault).toBe("forbidden");
  });
}

test("the default is HEARTH_DATA, then the data home, then the home directory", () => {
  expect(defaultDataDir({ HEARTH_DATA: "/a", XDG_DATA_HOME: "/b" })).toBe("/a");
  expect(defaultDataDir({ XDG_DATA_HOME: "/b" })).toBe("/b/hearth");
  expect(defaultDataDir({})).toEndWith("/.local/share/hearth");
});
