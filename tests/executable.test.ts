import { expect } from "bun:test";
import { existsSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { VERSION } from "#cli/version.ts";
import { SAME_AUDIO } from "#sim/audio-compare.ts";
import { recordingsIn, SPEECH_DIR } from "#testing/recordings.ts";
import {
  RECORDED_COMMANDS,
  type RecordedCommand,
  satelliteOf,
  TIME_ZONE,
  turnEnded,
  woke,
} from "./support/conversation.ts";
import {
  arm64Test,
  away,
  CHECKOUT,
  EMULATION,
  executableTest,
  firstWordsScore,
  listeningTest,
  ran,
} from "./support/executable.ts";
import { type HubProcess, startHubProcess, stoppedCleanly } from "./support/hub-process.ts";
import { descendantsOf, gone } from "./support/processes.ts";
import { addressed, spoken, syntheticSpeech } from "./support/speech.ts";

/** A wake is reported at most half a second after the phrase. */
const WAKE_MS = 1500;
/** People who are not heard say it again, and so does the test: the point here is not how well the hub hears. */
const TAKES = 4;

const HEARING = `
wake: { phrases: [computer] }
assistant: { time_zone: ${TIME_ZONE} }
`;

const SPEAKING_ONLY = `
engines: { hearing: none, stt: [], tts: [espeak] }
assistant: { time_zone: ${TIME_ZONE} }
`;

/** "Computer", and a question: recorded where there are recordings, else synthesised. */
async function takesOf(command: RecordedCommand): Promise<Int16Array[]> {
  if (!existsSync(SPEECH_DIR)) {
    const take = addressed(await syntheticSpeech("computer"), await syntheticSpeech(command.text));
    return Array.from({ length: TAKES }, () => take);
  }
  const wakes = recordingsIn("wake/computer").slice(0, TAKES);
  return wakes.map((wake) => addressed(spoken(wake), spoken(command.file)));
}

const [ASK_TIME] = RECORDED_COMMANDS;

listeningTest("a whole spoken turn works in the executable, far from its sources", 120_000, async () => {
  if (!ASK_TIME) throw new Error("there are no recorded commands");
  const takes = await takesOf(ASK_TIME);
  await using place = await away();
  await using hub = await startHubProcess({ command: place.own, config: HEARING, env: place.env });
  await hub.enginesReady();
  await using satellite = await satelliteOf(hub, "kitchen", new AbortController().signal);

  let since = hub.feed.mark();
  for (const take of takes) {
    since = hub.feed.mark();
    await satellite.say(take);
    if (await woke(hub, "kitchen", since, WAKE_MS)) break;
  }
  const turn = await turnEnded(hub, "kitchen", since);
  await satellite.until(({ hubState, audible }) => hubState === "idle" && !audible, "the hub is idle again");

  expect(turn).toMatchObject({ reason: "answered", transcript: ASK_TIME.text, intent: "time" });
  expect(ASK_TIME.answers(turn.decidedAt)).toContain(turn.answer.join(" "));
  expect(await firstWordsScore(turn.answer, satellite.recording.speechOf(turn.turnId))).toBeGreaterThan(
    SAME_AUDIO,
  );
  await stoppedCleanly(hub);
});

listeningTest(
  "the demo of the executable answers its questions and leaves nothing behind",
  120_000,
  async () => {
    await using place = await away();

    const { code, stdout, stderr } = await ran([...place.own, "demo", "--once", "--port", "0"], place);

    expect({ code, stdout, stderr }).toMatchObject({ code: 0, stderr: "" });
    expect(stdout).toContain("questions were answered.");
    expect([place.cwd, place.home, place.temporary].flatMap((folder) => readdirSync(folder))).toEqual([]);
  },
);

executableTest(
  "Ctrl-C ends the demo within two seconds, with every process and file of it",
  60_000,
  async () => {
    await using place = await away();
    const child = Bun.spawn([...place.own, "demo", "--port", "0"], {
      stdin: "ignore",
      stdout: "pipe",
      stderr: "pipe",
      env: { ...place.env },
      detached: true, // A group of its own, as a shell makes one for each command.
    });
    const reader = child.stdout.getReader();
    const decoder = new TextDecoder();
    let story = "";
    while (!story.includes("The kitchen hears")) {
      const { value, done } = await reader.read();
      if (done) throw new Error(`the demo ended: ${await child.stderr.text()}`);
      story += decoder.decode(value, { stream: true });
    }
    const engines = descendantsOf(child.pid);

    const startedAt = performance.now();
    process.kill(-child.pid, "SIGINT");
    const code = await child.exited;

    expect(engines).toHaveLength(2);
    expect({ code, stderr: await child.stderr.text() }).toEqual({ code: 0, stderr: "" });
    expect(await gone(engines, 2000 - (performance.now() - startedAt))).toEqual([]);
    expect(readdirSync(place.temporary)).toEqual([]);
  },
);

executableTest(
  "native engines are unpacked once, next to each other, for every later start",
  60_000,
  async () => {
    await using place = await away();
    const data = join(place.home, "data");
    const start = async (): Promise<HubProcess> => {
      const hub = await startHubProcess({ command: place.own, config: HEARING, env: place.env, data });
      await hub.enginesReady();
      return hub;
    };

    await using first = await start();
    await stoppedCleanly(first);
    const unpacked = filesBelow(join(data, "cache"));
    await using second = await start();
    await stoppedCleanly(second);

    const folders = Map.groupBy(unpacked, ({ folder }) => folder);
    const together = [...folders.values()].map((files) => files.map(({ name }) => name).sort());
    expect(together.sort()).toEqual([
      ["libonnxruntime.so", "libsherpa-onnx-c-api.so", "sherpa-onnx.node"],
      ["silero_vad_v5.onnx"],
    ]);
    expect(filesBelow(join(data, "cache"))).toEqual(unpacked);
  },
);

interface Unpacked {
  readonly folder: string;
  readonly name: string;
  readonly inode: number;
  readonly changedMs: number;
}

function filesBelow(root: string): Unpacked[] {
  return readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => {
      const { ino, ctimeMs } = statSync(join(parentPath, name));
      return { folder: parentPath, name, inode: ino, changedMs: ctimeMs };
    })
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

executableTest("settings that lie about in the working directory are not read", 30_000, async () => {
  await using place = await away();
  const touched = join(place.home, "touched");
  writeFileSync(join(place.cwd, ".env"), "HEARTH_SERVER_PORT=no-port\n");
  writeFileSync(join(place.cwd, "bunfig.toml"), 'preload = ["./preloaded.js"]\n');
  writeFileSync(
    join(place.cwd, "preloaded.js"),
    `require("node:fs").writeFileSync(${JSON.stringify(touched)}, "")`,
  );
  const check = ["config", "check", "--data", join(place.home, "data")];

  const executable = await ran([...place.own, ...check], place);
  expect(executable).toEqual({ code: 0, stdout: "There is no file; the defaults hold.\n", stderr: "" });
  expect(existsSync(touched)).toBe(false);

  // From source, Bun reads both: they are traps that work.
  const source = await ran([process.execPath, join(CHECKOUT, "src/main.ts"), ...check], place);
  expect(source.code).not.toBe(0);
  expect(existsSync(touched)).toBe(true);
});

executableTest("a command that does not exist is refused with what to do", 30_000, async () => {
  await using place = await away();

  expect(await ran([...place.own, "surve"], place)).toEqual({
    code: 2,
    stdout: "",
    stderr: 'hearth: there is no command "surve". "hearth help" lists them.\n',
  });
});

executableTest(
  "the executable says its version, lists its commands and shows its models",
  30_000,
  async () => {
    await using place = await away();
    const run = async (...argv: string[]) => await ran([...place.own, ...argv], place);

    expect((await run("--version")).stdout).toBe(`hearth ${VERSION}\n`);
    expect((await run("help")).stdout).toMatch(/^ {2}serve .*\n {2}demo /m);
    const models = await run("models", "ls", "--json");
    expect({ code: models.code, stderr: models.stderr }).toEqual({ code: 0, stderr: "" });
    expect(JSON.parse(models.stdout)).toContainEqual(
      expect.objectContaining({ id: "silero-vad", kind: "bundled" }),
    );
  },
);

arm64Test("the arm64 executable answers what is typed at a satellite, and is heard", 180_000, async () => {
  await using place = await away();
  const throughEmulator = JSON.stringify(EMULATION);
  await using hub = await startHubProcess({
    command: place.arm64,
    config: SPEAKING_ONLY,
    env: { ...place.env, HEARTH_ENGINES_HOST_RUN_WITH: throughEmulator },
  });
  await using satellite = await satelliteOf(hub, "kitchen", new AbortController().signal);

  const since = hub.feed.mark();
  satellite.type("what is twelve times seven");
  const turn = await turnEnded(hub, "kitchen", since, 120_000);
  await satellite.until(({ hubState, audible }) => hubState === "idle" && !audible, "the hub is idle again");

  expect(turn).toMatchObject({ reason: "answered", intent: "arithmetic" });
  expect(await firstWordsScore(turn.answer, satellite.recording.speechOf(turn.turnId))).toBeGreaterThan(
    SAME_AUDIO,
  );
});
