import { afterAll, expect, test } from "bun:test";
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connectSatellite } from "#sim/satellite.ts";
import { MODELS_DIR } from "#testing/recordings.ts";
import { pressed, satelliteOf, turnEnded } from "./support/conversation.ts";
import { startHubProcess, startRefused, stoppedCleanly } from "./support/hub-process.ts";
import { hearingTest } from "./support/speech.ts";

const DEAF = "engines: { hearing: none, stt: [] }";
const LIMIT_MS = 60_000;
const FOLDER = mkdtempSync(join(tmpdir(), "hearth-startup-"));
const mounts: string[] = [];
afterAll(() => {
  for (const folder of mounts) Bun.spawnSync(["umount", folder]);
  rmSync(FOLDER, { recursive: true, force: true });
});

/** A small file system of its own, or undefined where this user may not mount one. */
function mounted(name: string, options: string): string | undefined {
  const folder = join(FOLDER, name);
  mkdirSync(folder);
  const { success } = Bun.spawnSync(["mount", "-t", "tmpfs", "-o", options, "tmpfs", folder]);
  if (success) mounts.push(folder);
  return success ? folder : undefined;
}

/** A test on a file system of its own; skipped, saying so, where none can be mounted. */
function diskTest(name: string, folder: string | undefined, run: (folder: string) => Promise<void>): void {
  if (folder !== undefined) test(name, () => run(folder), LIMIT_MS);
  else test.skip(`${name} (skipped: this user may not mount a file system)`, () => undefined);
}

test(
  "a second hub on one data directory is refused with a sentence, and the first goes on",
  async () => {
    await using first = await startHubProcess({ config: DEAF });

    const second = await startRefused({ config: DEAF, data: first.data });

    expect(second).toMatchObject({ code: 1, stdout: "" });
    expect(second.stderr).toContain(
      `Another Hearth (process ${first.pid}) is using the data directory ${first.data}.`,
    );
    expect((await first.health()).transport.enabled).toBe(true);
    await stoppedCleanly(first);
  },
  LIMIT_MS,
);

test(
  "a port that is taken is named, and what to do about it",
  async () => {
    await using first = await startHubProcess({ config: DEAF });

    const second = await startRefused({ config: DEAF, port: first.port });

    expect(second).toMatchObject({ code: 1, stdout: "" });
    expect(second.stderr).toContain(String(first.port));
    expect(second.stderr).toMatch(/in use|taken/);
    await stoppedCleanly(first);
  },
  LIMIT_MS,
);

test(
  "a configuration with a mistake is refused with its line and a suggestion",
  async () => {
    const { code, stdout, stderr } = await startRefused({
      config: "server:\n  port: 1\nwake:\n  phrase: [computer]\n",
    });

    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toContain("line 4");
    expect(stderr).toContain("phrases");
  },
  LIMIT_MS,
);

test(
  "a variable that names no setting is refused with a suggestion",
  async () => {
    const { code, stderr } = await startRefused({ env: { HEARTH_SERVER_PROT: "1" } });

    expect(code).toBe(2);
    expect(stderr).toContain("Did you mean HEARTH_SERVER_PORT?");
  },
  LIMIT_MS,
);

test(
  "SIGTERM ends running turns, says goodbye to satellites and is done within five seconds",
  async () => {
    await using hub = await startHubProcess({ config: DEAF });
    await using satellite = await satelliteOf(hub, "kitchen", new AbortController().signal);
    satellite.type("what can you do");
    await satellite.untilEvent(({ kind }) => kind === "position", "the reply is heard", { since: 0 });

    await stoppedCleanly(hub);

    await satellite.until(({ link }) => link === "closed", "the link is closed");
    expect(satellite.state().lastClose?.code).toBe(1001);
    expect(hub.feed.of("turn_end").map(({ reason }) => reason)).toEqual(["shutdown"]);
  },
  LIMIT_MS,
);

test(
  "a hub that is killed comes back on the same data with everything that had ended before",
  async () => {
    const data = join(FOLDER, "killed");
    const first = await startHubProcess({ config: DEAF, data });
    await using one = first;
    await using satellite = await satelliteOf(one, "kitchen", new AbortController().signal);
    satellite.type("what is two plus two");
    const turn = await turnEnded(one, "kitchen", 0);
    await one.feed.until(() => one.feed.of("satellite_status").length > 1 || undefined, "time for the disk");
    await one.kill();

    await using two = await startHubProcess({ config: DEAF, data });

    expect(two.feed.turn(turn.turnId).map(({ type }) => type)).toContain("turn_end");
    await stoppedCleanly(two);
  },
  LIMIT_MS,
);

diskTest(
  "a data directory on a read-only file system is refused with a sentence",
  mounted("read-only", "ro"),
  async (folder) => {
    const { code, stdout, stderr } = await startRefused({ config: DEAF, data: folder });

    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toContain("read-only");
    expect(stderr).toContain("--data or HEARTH_DATA");
  },
);

diskTest(
  "a data directory on a full disk is refused with a sentence",
  mounted("full", "size=64k"),
  async (folder) => {
    writeFileSync(join(folder, "ballast"), new Uint8Array(60 * 1024));

    const { code, stdout, stderr } = await startRefused({ config: DEAF, data: folder });

    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toContain("no space left");
  },
);

diskTest(
  "a disk that fills up while the hub runs does not keep it from answering",
  mounted("filling", "size=2m"),
  async (folder) => {
    await using hub = await startHubProcess({ config: DEAF, data: folder });
    await using satellite = await connectSatellite({
      url: hub.satellite,
      signal: new AbortController().signal,
      hello: { id: "kitchen" },
    });
    Bun.spawnSync(["sh", "-c", `cat /dev/zero > ${join(folder, "ballast")}`], { stderr: "ignore" });

    for (let n = 0; n < 3; n++) {
      const since = hub.feed.mark();
      satellite.type("what is two plus two");
      expect((await turnEnded(hub, "kitchen", since)).answer).toEqual(["That's four."]);
    }

    expect(hub.stderr()).toMatch(/full|ENOSPC|space/i);
    await stoppedCleanly(hub);
  },
);

/** A copy of the wake model with one bit of its largest file turned over. */
function damagedModels(): string {
  const folder = join(FOLDER, "models");
  const model = "sherpa-onnx-kws-zipformer-gigaspeech-3.3M-2024-01-01-mobile";
  cpSync(join(MODELS_DIR, model), join(folder, model), { recursive: true });
  const file = join(folder, model, "encoder.int8.fixed.onnx");
  const bytes = readFileSync(file);
  bytes[2_000_000] = (bytes[2_000_000] ?? 0) ^ 1;
  chmodSync(join(folder, model), 0o755);
  chmodSync(file, 0o644);
  writeFileSync(file, bytes);
  return folder;
}

hearingTest(
  "a model with one flipped bit is refused by its hash, said so, and the hub serves on",
  LIMIT_MS,
  async () => {
    const models = damagedModels();
    expect(existsSync(models)).toBe(true);
    await using hub = await startHubProcess({ env: { HEARTH_MODELS: models } });

    const refusal = await hub.feed.next("provider_state", ({ engine }) => engine === "kws-gigaspeech-3.3m", {
      since: 0,
    });
    expect(refusal).toMatchObject({ role: "hearing", state: "unavailable" });
    expect(refusal.detail).toContain("its SHA-256 is");
    expect(refusal.detail).toContain('Run "hearth models pull kws-gigaspeech-3.3m"');
    const { status, reasons } = await hub.health();
    expect(status).toBe("degraded");
    expect(reasons.join(" ")).toContain("The model kws-gigaspeech-3.3m is not used");
    expect(reasons.join(" ")).not.toContain(models);

    await using satellite = await satelliteOf(hub, "kitchen", new AbortController().signal);
    await pressed(hub, "kitchen", satellite);
    satellite.press();
    await hub.feed.next("turn_end", ({ reason }) => reason === "stopped", { since: 0 });
    const since = hub.feed.mark();
    satellite.type("what is two plus two");
    expect((await turnEnded(hub, "kitchen", since)).answer).toEqual(["That's four."]);
    await stoppedCleanly(hub);
  },
);
