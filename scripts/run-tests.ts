/**
 * Runs every check in turn, shows what each prints, and closes with one line that counts them.
 *
 * A step that is not a test runner counts as one test. Exit code 1 when anything failed.
 */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

interface Tally {
  passed: number;
  failed: number;
  skipped: string[];
}

interface Step {
  readonly name: string;
  readonly command: readonly string[];
  /** Where the step is a `bun test` run; its tests are counted one by one. */
  readonly tests?: boolean;
  /** The exit code with which the step says that it could not be done here, and why that may be. */
  readonly skip?: { readonly code: number; readonly reason: string };
}

const bun = process.execPath;
const STEPS: readonly Step[] = [
  { name: "format, lint and import rules", command: [bun, "x", "biome", "ci", "--error-on-warnings", "."] },
  { name: "types", command: [bun, "x", "tsc", "-p", "."] },
  { name: "unused files, exports and dependencies", command: [bun, "x", "knip"] },
  {
    name: "tests beside the code",
    command: [bun, "test", "--timeout=60000", "./src", "./firmware-sim"],
    tests: true,
  },
  { name: "this machine's executable", command: [bun, "scripts/build.ts", process.arch] },
  {
    name: "the other executable",
    command: [bun, "scripts/build.ts", "all"],
    skip: { code: 3, reason: "its parts are not here and cannot be fetched from the npm registry" },
  },
  { name: "whole-process tests", command: [bun, "test", "--timeout=60000", "./tests"], tests: true },
];

async function run(step: Step, tally: Tally): Promise<void> {
  console.log(`\n== ${step.name}`);
  const startedAt = performance.now();
  const folder = await mkdtemp(join(tmpdir(), "hearth-test-"));
  const report = join(folder, "report.xml");
  const extra = step.tests ? ["--reporter=junit", `--reporter-outfile=${report}`] : [];
  const child = Bun.spawn([...step.command, ...extra], { stdio: ["ignore", "inherit", "inherit"] });
  const code = await child.exited;
  if (step.tests) count(await readFile(report, "utf8").catch(() => ""), code, tally);
  else if (code === 0) tally.passed += 1;
  else if (code === step.skip?.code) tally.skipped.push(`${step.name} (skipped: ${step.skip.reason})`);
  else tally.failed += 1;
  await rm(folder, { recursive: true, force: true });
  console.log(`== ${step.name}: exit ${code} after ${((performance.now() - startedAt) / 1000).toFixed(1)} s`);
}

/** Add a JUnit report's test cases. A run that failed without a failed case (it crashed) counts as one failure. */
function count(xml: string, code: number, tally: Tally): void {
  let failed = 0;
  for (const [, head = "", body = ""] of xml.matchAll(
    /<testcase\b([^>]*?)(?:\/>|>([\s\S]*?)<\/testcase>)/g,
  )) {
    const name = unescapeXml(/\bname="([^"]*)"/.exec(head)?.[1] ?? "");
    if (body.includes("<skipped")) tally.skipped.push(name);
    else if (body.includes("<failure") || body.includes("<error")) failed += 1;
    else tally.passed += 1;
  }
  if (code !== 0 && failed === 0) failed = 1;
  tally.failed += failed;
}

function unescapeXml(text: string): string {
  const named: Readonly<Record<string, string>> = { lt: "<", gt: ">", quot: '"', apos: "'", amp: "&" };
  return text
    .replace(/&#x([0-9a-f]+);/gi, (_, hex: string) => String.fromCodePoint(Number.parseInt(hex, 16)))
    .replace(/&(lt|gt|quot|apos|amp);/g, (whole, entity: string) => named[entity] ?? whole);
}

const tally: Tally = { passed: 0, failed: 0, skipped: [] };
for (const step of STEPS) await run(step, tally);
if (tally.skipped.length > 0) {
  console.log("\nSkipped:");
  for (const name of tally.skipped) console.log(`  ${name}`);
}
console.log(`\n${tally.passed} passed, ${tally.failed} failed, ${tally.skipped.length} skipped`);
process.exitCode = tally.failed === 0 ? 0 : 1;
