import { describe, expect, test } from "bun:test";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

const ROOT = join(import.meta.dir, "..");

/** The files a newcomer reads in this order to follow one frame. */
const FRAME_PATH = [
  "src/main.ts",
  "src/hub.ts",
  "src/transports/satellite.ts",
  "src/protocol/satellite.ts",
  "src/core/ring.ts",
  "src/pipeline/listen.ts",
  "src/pipeline/turn.ts",
  "src/pipeline/playback.ts",
];

/** What each room may not see; each line is one import or global that must be an error there. */
const FORBIDDEN: readonly (readonly [file: string, code: string])[] = [
  ["src/core/probe.ts", 'import "#events/hub-event.ts";'],
  ["src/core/probe.ts", 'import "#ports/clock.ts";'],
  ["src/core/probe.ts", 'import "node:fs";'],
  ["src/core/probe.ts", 'import "zod";'],
  ["src/events/probe.ts", 'import "#protocol/satellite.ts";'],
  ["src/events/probe.ts", 'import "#ports/clock.ts";'],
  ["src/protocol/probe.ts", 'import "#ports/clock.ts";'],
  ["src/protocol/probe.ts", 'import "node:net";'],
  ["src/ports/probe.ts", 'import "#pipeline/session.ts";'],
  ["src/pipeline/probe.ts", 'import "#adapters/system/system-clock.ts";'],
  ["src/pipeline/probe.ts", 'import "#transports/satellite.ts";'],
  ["src/pipeline/probe.ts", 'import "#assistant/assistant.ts";'],
  ["src/assistant/probe.ts", 'import "#pipeline/session.ts";'],
  ["src/bus/probe.ts", 'import "#adapters/sqlite/journal.ts";'],
  ["src/diagnostics/probe.ts", 'import "node:fs";'],
  ["src/apps/probe.ts", 'import "#transports/satellite.ts";'],
  ["src/home/probe.ts", 'import "mqtt";'],
  ["src/adapters/stt/probe.ts", 'import "#pipeline/session.ts";'],
  ["src/adapters/stt/probe.ts", 'import "#transports/satellite.ts";'],
  ["src/transports/probe.ts", 'import "#adapters/system/system-clock.ts";'],
  ["src/transports/probe.ts", 'import "#web/server.ts";'],
  ["src/web/probe.ts", 'import "#transports/satellite.ts";'],
  ["src/config/probe.ts", 'import "#ports/clock.ts";'],
  ["firmware-sim/probe.ts", 'import "#pipeline/session.ts";'],
  ["firmware-sim/probe.ts", 'import "#adapters/system/system-clock.ts";'],
  ["src/core/probe.ts", 'import "../ports/clock.ts";'],
  ["src/core/probe.ts", "export const at = () => Date.now();"],
  ["src/core/probe.ts", "export const later = () => setTimeout(() => undefined, 1);"],
  ["src/pipeline/probe.ts", "export const at = () => Date.now();"],
  ["src/assistant/probe.ts", 'export const get = () => fetch("http://x");'],
  ["src/bus/probe.ts", "export const version = () => Bun.version;"],
  ["src/home/probe.ts", "export const env = () => process.env;"],
  ["src/apps/probe.ts", "export const tick = () => setInterval(() => undefined, 1);"],
];

const ALLOWED: readonly (readonly [file: string, code: string])[] = [
  ["src/pipeline/probe.ts", 'import "#core/pcm.ts";'],
  ["src/pipeline/probe.ts", 'import "#ports/clock.ts";'],
  ["src/adapters/stt/probe.ts", 'import "#ports/clock.ts";'],
  ["src/adapters/stt/probe.ts", 'import "node:fs";'],
  ["src/cli/probe.ts", 'import "#pipeline/session.ts";'],
  ["src/cli/probe.ts", 'import "#adapters/system/system-clock.ts";'],
];

/** For each probe, whether the linter refuses it: one run over a copy of the rules and a tree of probes. */
async function refusals(probes: readonly (readonly [file: string, code: string])[]): Promise<boolean[]> {
  const tree = mkdtempSync(join(tmpdir(), "hearth-rules-"));
  try {
    cpSync(join(ROOT, "biome.json"), join(tree, "biome.json"));
    symlinkSync(join(ROOT, "node_modules"), join(tree, "node_modules"));
    const names = probes.map(([file], i) => file.replace("probe.ts", `probe-${i}.ts`));
    for (const [i, [, code]] of probes.entries()) {
      const path = join(tree, names[i] ?? "");
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, `${code}\n`);
    }
    const biome = join(ROOT, "node_modules/.bin/biome");
    const child = Bun.spawn([biome, "lint", "--reporter=json", "--max-diagnostics=none", "."], {
      cwd: tree,
      stdout: "pipe",
      stderr: "ignore",
    });
    const report = JSON.parse(await new Response(child.stdout).text()) as {
      readonly diagnostics: readonly {
        readonly category: string;
        readonly location: { readonly path: unknown };
      }[];
    };
    const refused = report.diagnostics
      .filter(({ category }) => /noRestricted(Imports|Globals)$/.test(category))
      .map(({ location }) => JSON.stringify(location.path));
    return names.map((name) => refused.some((path) => path.includes(name)));
  } finally {
    rmSync(tree, { recursive: true, force: true });
  }
}

test("every file on the way of one frame exists and README links it", () => {
  const readme = readFileSync(join(ROOT, "README.md"), "utf8");

  for (const file of [...FRAME_PATH, "src/core/turn-state.ts"]) {
    expect([file, existsSync(join(ROOT, file)), readme.includes(`(${file})`)]).toEqual([file, true, true]);
  }
});

describe("the import rules bite", async () => {
  const refused = await refusals([...FORBIDDEN, ...ALLOWED]);

  FORBIDDEN.forEach(([file, code], i) => {
    test(`${file} may not say ${code}`, () => {
      expect(refused[i]).toBe(true);
    });
  });
  ALLOWED.forEach(([file, code], i) => {
    test(`${file} may say ${code}`, () => {
      expect(refused[FORBIDDEN.length + i]).toBe(false);
    });
  });
});
