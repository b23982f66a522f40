/** The native speech engines' files for a machine: the host's own, or another's that is built for here. */
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";

export type Architecture = "x64" | "arm64";

/** What a build needs is not here and cannot be fetched. */
export class PartsMissing extends Error {
  override readonly name = "PartsMissing";

  constructor(what: string, reason: string) {
    super(`${what} cannot be fetched from the npm registry (${reason}).`);
  }
}

/**
 * Absolute paths of sherpa-onnx's files for a machine.
 *
 * The host's own are in node_modules. Another machine's are installed beside them, in
 * `node_modules/.cache/hearth/<platform>-<arch>`, exactly as bun.lock says, once for each state of it: node_modules
 * stays as `bun install` left it.
 *
 * @throws {PartsMissing} when they would have to be fetched and cannot be.
 */
export async function nativeEngines(
  root: string,
  platform: NodeJS.Platform,
  arch: Architecture,
): Promise<readonly string[]> {
  const name = `sherpa-onnx-${platform}-${arch}`;
  const own = join(root, "node_modules", name);
  if (existsSync(own)) return librariesIn(own);
  const place = join(root, "node_modules", ".cache", "hearth", `${platform}-${arch}`);
  const folder = join(place, "node_modules", name);
  const lock = join(root, "bun.lock");
  const done = join(place, "installed.lock");
  if (!(existsSync(done) && readFileSync(done).equals(readFileSync(lock)) && existsSync(folder))) {
    await install(root, place, platform, arch);
    if (!existsSync(folder)) throw new PartsMissing(name, "bun.lock does not have it for this platform");
    copyFileSync(lock, done);
  }
  return librariesIn(folder);
}

async function install(
  root: string,
  place: string,
  platform: NodeJS.Platform,
  arch: Architecture,
): Promise<void> {
  rmSync(place, { recursive: true, force: true });
  mkdirSync(place, { recursive: true });
  for (const name of ["package.json", "bun.lock"]) copyFileSync(join(root, name), join(place, name));
  writeFileSync(join(place, "bunfig.toml"), "telemetry = false\n");
  console.log(`Installing the native engines for ${platform}-${arch} from the npm registry.`);
  const child = Bun.spawn(
    [
      process.execPath,
      "install",
      "--frozen-lockfile",
      "--ignore-scripts",
      "--production",
      `--cpu=${arch}`,
      `--os=${platform}`,
    ],
    { cwd: place, stdin: "ignore", stdout: "ignore", stderr: "pipe" },
  );
  const [code, errors] = await Promise.all([child.exited, child.stderr.text()]);
  if (code !== 0) {
    throw new PartsMissing(
      `The native engines for ${platform}-${arch}`,
      errors.trim().split("\n").at(-1) ?? "",
    );
  }
}

/** The addon and the libraries it loads from its own directory; not the C++ interface, which nothing uses. */
function librariesIn(folder: string): readonly string[] {
  return readdirSync(folder)
    .filter((name) => /\.(node|so|dylib)$/.test(name) && !name.includes("cxx-api"))
    .map((name) => join(folder, name))
    .sort();
}
