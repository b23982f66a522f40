import { afterEach, beforeEach, expect, test } from "bun:test";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CHECKOUT, type Ran, ran } from "./support/executable.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "hearth-install-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const image = () => join(folder, "image");
const program = () => join(image(), "usr/local/bin/hearth");
const unit = () => join(image(), "etc/systemd/system/hearth.service");

/** Run the installer on a directory instead of this machine. */
function install(...argv: string[]): Promise<Ran> {
  const { PATH = "" } = process.env;
  return ran(["sh", join(CHECKOUT, "scripts/install"), ...argv], { env: { PATH, DESTDIR: image() } });
}

/** Something that stands in for an executable. */
function executable(name = "hearth"): string {
  const path = join(folder, name);
  writeFileSync(path, `#!/bin/sh\necho ${name}\n`, { mode: 0o755 });
  return path;
}

const onLinux = process.platform === "linux" ? test : test.skip;
const why = process.platform === "linux" ? "" : " (skipped: the service is for Linux)";

onLinux(`installing puts the program and its service into place, and says so${why}`, async () => {
  const { code, stdout, stderr } = await install(executable());

  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect(readFileSync(program(), "utf8")).toContain("echo hearth");
  expect(statSync(program()).mode & 0o777).toBe(0o755);
  expect(readFileSync(unit(), "utf8")).toContain(
    "ExecStart=/usr/local/bin/hearth serve --data /var/lib/hearth\n",
  );
  expect(stdout).toContain("write /etc/systemd/system/hearth.service");
});

onLinux(`installing again brings the newer program${why}`, async () => {
  await install(executable("older"));
  const { code } = await install(executable("newer"));

  expect(code).toBe(0);
  expect(readFileSync(program(), "utf8")).toContain("echo newer");
  expect(readdirSync(join(image(), "usr/local/bin"))).toEqual(["hearth"]);
});

onLinux(`uninstalling takes the program and its service away${why}`, async () => {
  await install(executable());
  const { code, stdout } = await install("--uninstall");

  expect(code).toBe(0);
  expect([existsSync(program()), existsSync(unit())]).toEqual([false, false]);
  expect(stdout).toContain("What Hearth kept in /var/lib/hearth stays");
});

onLinux(`a dry run changes nothing${why}`, async () => {
  const { code, stdout } = await install("--dry-run", executable());

  expect(code).toBe(0);
  expect(stdout).toContain("write /etc/systemd/system/hearth.service");
  expect(existsSync(image())).toBe(false);
});

onLinux(`what cannot be installed is refused with what is wrong${why}`, async () => {
  expect(await install("/nowhere/hearth")).toEqual({
    code: 1,
    stdout: "",
    stderr: "There is no file /nowhere/hearth.\n",
  });
  expect((await install("--uninstal")).stderr).toContain("there is no --uninstal");
  expect(existsSync(image())).toBe(false);
});

const verifier = Bun.which("systemd-analyze");
const accepted = "systemd takes the service without a complaint, and calls its exposure OK";
if (verifier) {
  onLinux(`${accepted}${why}`, async () => {
    await install(executable());
    // The program is in the image, where systemd does not look.
    const copy = join(folder, "hearth.service");
    writeFileSync(copy, readFileSync(unit(), "utf8").replaceAll("/usr/local/bin/hearth", program()));
    const { PATH = "" } = process.env;
    const env = { PATH };

    expect(await ran([verifier, "verify", copy], { env })).toEqual({ code: 0, stdout: "", stderr: "" });
    const security = await ran([verifier, "security", "--offline=yes", copy], { env });
    expect(security.stdout).toMatch(/Overall exposure level for hearth.service: [0-2]\.\d OK/);
  });
} else {
  test.skip(`${accepted} (skipped: no systemd-analyze)`, () => undefined);
}
