/**
 * Builds the executables: the runtime, the code, the native engines and the voices, in one file each.
 *
 *     bun scripts/build.ts [x64|arm64|all]
 *
 * Linux builds for both machines; elsewhere only the host's own can be built. Exit code 3 when another machine's
 * native engines or runtime are not here and cannot be fetched either. docs/building.md says more.
 */
import { chmodSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import manifest from "#package.json" with { type: "json" };
import { type Architecture, nativeEngines, PartsMissing } from "./native-parts.ts";

const ROOT = join(import.meta.dir, "..");
const DIST = join(ROOT, "dist");

/**
 * How the code is compiled.
 *
 * Bytecode and splitting make a start take 15 ms instead of 22; without esm, bytecode would be CommonJS, where a
 * top-level await is an error. The root is where the executable looks for its threads.
 * It must not read settings from whatever directory it is started in.
 */
const FLAGS = [
  "--compile",
  "--minify",
  "--bytecode",
  "--format=esm",
  "--splitting",
  "--root=src",
  "--no-compile-autoload-dotenv",
  "--no-compile-autoload-bunfig",
];

/** Files that are embedded as they are; `#adapters/native/embedded.ts` finds them by name. */
const AS_FILE = [".node", ".so", ".dylib", ".onnx", ".data"].flatMap((ending) => [
  "--loader",
  `${ending}:file`,
]);

/** Threads, which the bundler does not see: they stand beside main.ts, since the executable finds them by that. */
const THREADS = readdirSync(join(ROOT, "src"))
  .filter((name) => name.endsWith("-worker.ts"))
  .map((name) => `src/${name}`);

const EXIT_WRONG_ARGUMENT = 2;
const EXIT_PARTS_MISSING = 3;

function wanted(argument: string | undefined): readonly Architecture[] | undefined {
  const host: Architecture = process.arch === "arm64" ? "arm64" : "x64";
  const possible: readonly Architecture[] = process.platform === "linux" ? ["x64", "arm64"] : [host];
  if (argument === undefined || argument === "all") return possible;
  return possible.includes(argument as Architecture) ? [argument as Architecture] : undefined;
}

/** Build one executable; resolves with its path. @throws {PartsMissing} as above; Error when the build fails. */
async function build(arch: Architecture): Promise<string> {
  const parts = await nativeEngines(ROOT, process.platform, arch);
  const name = `hearth-${process.platform}-${arch}`;
  // Written aside: an executable that runs cannot be overwritten, and a half-written one must never be found.
  const aside = join(DIST, `.${name}.tmp`);
  const child = Bun.spawn(
    [
      process.execPath,
      "build",
      ...FLAGS,
      `--target=bun-${process.platform}-${arch}`,
      "src/main.ts",
      ...THREADS,
      "src/journal-worker.ts",
      ...parts,
      "node_modules/@ricky0123/vad-web/dist/silero_vad_v5.onnx",
      "node_modules/@echogarden/espeak-ng-emscripten/espeak-ng.data",
      ...AS_FILE,
      "--outfile",
      aside,
    ],
    { cwd: ROOT, stdin: "ignore", stdout: "pipe", stderr: "pipe" },
  );
  const [code, output, errors] = await Promise.all([child.exited, child.stdout.text(), child.stderr.text()]);
  if (code !== 0) {
    rmSync(aside, { force: true });
    const said = `${output}${errors}`.trim();
    // The runtime of another machine comes from the npm registry and is then kept.
    if (/download|extract executable/i.test(said)) throw new PartsMissing(`the runtime for ${arch}`, said);
    throw new Error(`bun build ended with exit code ${code}:\n${said}`);
  }
  chmodSync(aside, 0o755);
  const executable = join(DIST, name);
  renameSync(aside, executable);
  return executable;
}

/** @throws when the executable does not run, or is another version than its sources. */
function checkVersion(executable: string): void {
  const run = Bun.spawnSync([executable, "--version"], { cwd: "/", stdin: "ignore" });
  const said = run.stdout.toString().trim();
  if (run.exitCode === 0 && said === `hearth ${manifest.version}`) return;
  throw new Error(`${executable} does not run: exit code ${run.exitCode}, it says "${said}".`);
}

async function main(argument: string | undefined): Promise<number> {
  const architectures = wanted(argument);
  if (!architectures) {
    console.error(
      `scripts/build [x64|arm64|all]: this machine (${process.platform}) cannot build "${argument}".`,
    );
    return EXIT_WRONG_ARGUMENT;
  }
  mkdirSync(DIST, { recursive: true });
  let exitCode = 0;
  for (const arch of architectures) {
    const startedAt = performance.now();
    try {
      const executable = await build(arch);
      if (arch === process.arch) checkVersion(executable);
      const megabytes = (statSync(executable).size / 1_000_000).toFixed(0);
      const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
      console.log(`dist/hearth-${process.platform}-${arch}: ${megabytes} MB, in ${seconds} s`);
    } catch (error) {
      if (!(error instanceof PartsMissing)) throw error;
      console.error(`dist/hearth-${process.platform}-${arch} is not built: ${error.message}`);
      // One from an older build would be taken for this version's.
      const stale = join(DIST, `hearth-${process.platform}-${arch}`);
      if (existsSync(stale)) rmSync(stale);
      exitCode = EXIT_PARTS_MISSING;
    }
  }
  return exitCode;
}

process.exitCode = await main(process.argv[2]);
