import { expect, test } from "bun:test";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { encodeWav, parseWav } from "#core/wav.ts";
import { parseSimulatorArguments } from "./arguments.ts";
import { runSimulator, type SimulatorDeps } from "./run.ts";
import { realClock } from "./sim-clock.ts";
import { pcmOfStream, pcmOfWav, speechPrograms, systemSpeak } from "./sources.ts";
import { type FakeLink, fakeHub } from "./testing/fake-hub.ts";

const REPLY = Int16Array.from({ length: 800 }, (_, i) => i + 1);

/** A byte stream of these chunks. */
function streamOf(...chunks: readonly number[][]): AsyncIterable<Uint8Array> {
  return new ReadableStream<Uint8Array>({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(Uint8Array.from(chunk));
      controller.close();
    },
  });
}

function process(overrides: Partial<SimulatorDeps> = {}) {
  const lines: string[] = [];
  const notes: string[] = [];
  const deps: SimulatorDeps = {
    clock: realClock,
    signal: new AbortController().signal,
    speak: (text) => Promise.resolve(new Int16Array(text.length * 16).fill(1000)),
    terminal: undefined,
    stdin: () => streamOf(),
    print: (line) => lines.push(line),
    note: (line) => notes.push(line),
    ...overrides,
  };
  return { lines, notes, run: (...argv: string[]) => runSimulator(parseSimulatorArguments(argv), deps) };
}

function reply(link: FakeLink): void {
  link.send({ type: "speech_start", payload: { turn: "t", rate: 16_000 } });
  link.play(REPLY);
  link.send({ type: "speech_end", payload: { turn: "t" } });
}

/** A hub that replies to each satellite once it has heard something loud. */
function replyingHub() {
  const hub = fakeHub();
  const replied = new Set<FakeLink>();
  void hub.until(() => {
    for (const link of hub.links) {
      if (replied.has(link) || !link.audio.some((sample) => Math.abs(sample) > 500)) continue;
      replied.add(link);
      reply(link);
    }
    return false;
  });
  return hub;
}

test("a text is said, the reply heard and written to a file", async () => {
  await using hub = replyingHub();
  const out = join(await mkdtemp(join(tmpdir(), "sim-")), "out.wav");
  const { run, lines } = process();

  const code = await run("--url", hub.url, "--text", "hello", "--out", out, "--id", "k", "--json");

  expect(code).toBe(0);
  expect(parseWav(await Bun.file(out).bytes())).toMatchObject({ ok: true, wav: { samples: REPLY } });
  expect(JSON.parse(lines.at(-1) ?? "{}")).toMatchObject({
    kind: "summary",
    satellite: "k",
    heard_ms: 50,
    turns: 1,
  });
  expect(lines.map((line) => JSON.parse(line).kind)).toContain("turn-played");
});

test("several satellites speak and are answered at once", async () => {
  await using hub = replyingHub();
  const { run, lines } = process();

  const code = await run("--url", hub.url, "--text", "hello", "--count", "5", "--plain");

  expect(code).toBe(0);
  expect(hub.links.map(({ path }) => path).toSorted()).toEqual(
    [1, 2, 3, 4, 5].map((n) => `/ws/satellite?device=sim-${n}`),
  );
  expect(lines.filter((line) => line.includes("heard_ms=50"))).toHaveLength(5);
});

test("raw PCM from standard input is said, also when samples are split", async () => {
  await using hub = replyingHub();
  const { run } = process({
    stdin: () => streamOf([0xe8], [0x03, 0xe8, 0x03]),
  });

  expect(await run("--url", hub.url, "--stdin")).toBe(0);
  expect([...(hub.links[0]?.audio ?? [])].filter((sample) => sample === 1000)).toEqual([1000, 1000]);
});

test("a duration ends a satellite that says nothing, and planned faults strike", async () => {
  await using hub = fakeHub();
  const { run, lines } = process();

  const code = await run("--url", hub.url, "--duration", "200ms", "--fault", "reset@20ms", "--reconnect");

  expect(code).toBe(0);
  expect(lines.some((line) => line.includes("fault"))).toBe(true);
});

test("no hub and no speech program are failures that say what to do", async () => {
  const { run, notes } = process({ speak: undefined });

  expect(await run("--url", "ws://127.0.0.1:1/")).toBe(1);
  expect(await run("--text", "x")).toBe(1);
  expect(notes).toEqual([
    expect.stringContaining("no connection to 127.0.0.1:1"),
    expect.stringContaining("install flite or espeak-ng"),
  ]);
});

test("a scenario file is played with its sounds beside it; its result is the exit code", async () => {
  await using hub = replyingHub();
  const folder = await mkdtemp(join(tmpdir(), "sim-"));
  await Bun.write(join(folder, "x.wav"), encodeWav(new Int16Array(3200).fill(2000), 22_050));
  const good = join(folder, "good.yaml");
  const bad = join(folder, "bad.yaml");
  await Bun.write(
    good,
    "{name: good, steps: [{say: {wav: x.wav}}, {expect: {speech: {min_ms: 50}, within: 2s}}]}",
  );
  await Bun.write(bad, "{name: bad, steps: [{dance: 1}]}");
  const { run, lines, notes } = process();

  expect(await run("--url", hub.url, "--scenario", good)).toBe(0);
  expect(lines.at(-1)).toBe("passed: good");
  expect(await run("--url", hub.url, "--scenario", bad)).toBe(2);
  expect(notes.at(-1)).toContain("dance");
  expect(await run("--url", hub.url, "--scenario", join(folder, "none.yaml"))).toBe(2);
});

test("the panel is drawn on a terminal, and q ends it", async () => {
  await using hub = fakeHub();
  const written: string[] = [];
  const { run } = process({
    terminal: {
      colour: false,
      write: (text) => written.push(text),
      async *keys() {
        const link = await hub.link();
        yield "bq";
        await hub.until(() => link.of("event").length > 0);
      },
    },
  });

  expect(await run("--url", hub.url, "--id", "kitchen")).toBe(0);
  expect(written[0]).toContain("●●●●●● kitchen  open");
});

test("arguments that make no sense are refused with what would", () => {
  const refused =
    (...argv: string[]) =>
    () =>
      parseSimulatorArguments(argv);

  expect(refused("--plain", "--flat")).toThrow("exclude");
  expect(refused("--url", "nowhere")).toThrow("ws://");
  expect(refused("--speed", "fast")).toThrow("--speed must be a number from 0.1 to 1000");
  expect(refused("--count", "0")).toThrow("from 1 to 5000");
  expect(refused("--duration", "5")).toThrow("no duration");
  expect(refused("--wave", "x")).toThrow("--wave");
  expect(refused("--fault", "meteor")).toThrow("no fault");
});

test("a recording at another rate becomes 16 kHz of the same length in time", () => {
  const second = new Int16Array(22_050).fill(1000);

  expect(Math.abs(pcmOfWav(encodeWav(second, 22_050)).length - 16_000)).toBeLessThanOrEqual(1);
  expect(() => pcmOfWav(new Uint8Array(3))).toThrow("not a WAV file");
});

test("a stream that ends in half a sample gives the whole ones", async () => {
  const pieces = await Array.fromAsync(pcmOfStream(streamOf([1, 0, 2], [0, 3])));

  expect(pieces.map((piece) => [...piece])).toEqual([[1], [2]]);
});

const programs = speechPrograms();
if (programs.length === 0)
  test.skip("a speech program speaks a text (skipped: neither flite nor espeak-ng)", () => {});
for (const program of programs) {
  test(`${program} speaks a text, at 16 kHz and about as long as a person would`, async () => {
    const pcm = await systemSpeak(program)?.("what time is it", new AbortController().signal);

    expect(pcm?.length).toBeGreaterThan(16_000 * 0.5);
    expect(pcm?.length).toBeLessThan(16_000 * 3);
  });
}

test("a speech program that is not there is no speech", () => {
  expect(systemSpeak("orator")).toBeUndefined();
});
