import { expect, test } from "bun:test";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { EngineHost } from "#adapters/engine-host/engine-host.ts";
import { hostProcess } from "#adapters/engine-host/host-process.ts";
import { hostTextToSpeech } from "#adapters/engine-host/text-to-speech.ts";
import { systemClock } from "#adapters/system/system-clock.ts";
import { HostConfiguration } from "#protocol/engine-host.ts";
import { testWith } from "#testing/recordings.ts";
import { TRANSDUCER_DIR, TRANSDUCER_FILES, UNIGRAM_SCORES } from "#testing/transducer-model.ts";
import { command } from "./engine-host.ts";
import { loadEngines } from "./engine-host-engines.ts";

const quiet = () => undefined;
const log = { debug: quiet, info: quiet, warn: quiet, error: quiet };

test("engines whose models are not installed are problems, each with its name, and no error", async () => {
  await using engines = await loadEngines(
    HostConfiguration.parse({
      role: "hearing",
      cacheDir: "/tmp",
      wake: "sherpa",
      stt: ["sherpa"],
      tts: ["sherpa"],
    }),
  );

  expect(engines.wakeWord).toBeUndefined();
  expect([engines.speechToText, engines.textToSpeech]).toEqual([[], []]);
  expect(engines.problems).toEqual(Array(3).fill("sherpa: its model is not installed."));
});

test("Hearth's own engine without its model is one problem, for wake and speech together", async () => {
  await using engines = await loadEngines(
    HostConfiguration.parse({ role: "hearing", cacheDir: "/tmp", wake: "hearth", stt: ["hearth"] }),
  );

  expect([engines.hearing, engines.speechToText]).toEqual([undefined, []]);
  expect(engines.problems).toEqual(["hearth: its model is not installed."]);
});

testWith(TRANSDUCER_DIR)("Hearth's own engine is loaded once, for wake and speech", async () => {
  const models = { wake: { ...TRANSDUCER_FILES, unigramScores: UNIGRAM_SCORES } };
  await using engines = await loadEngines(
    HostConfiguration.parse({ role: "hearing", cacheDir: tmpdir(), wake: "hearth", stt: ["hearth"], models }),
  );

  expect(engines.hearing?.name).toBe("hearth");
  expect(engines.speechToText.map(({ name }) => name)).toEqual(["hearth"]);
  expect([engines.wakeWord, engines.problems]).toEqual([undefined, []]);
});

test("a folder without voices is a problem of the voice engine", async () => {
  await using engines = await loadEngines(
    HostConfiguration.parse({
      role: "speech",
      cacheDir: "/tmp",
      models: { tts: { voices: "/nowhere" } },
      tts: ["sherpa"],
    }),
  );

  expect(engines.problems).toEqual(["sherpa: no voice is installed."]);
});

test("a configuration that asks for nothing loads nothing", async () => {
  await using engines = await loadEngines(HostConfiguration.parse({ role: "hearing", cacheDir: "/tmp" }));

  expect([engines.voiceActivity, engines.wakeWord, engines.problems]).toEqual([undefined, undefined, []]);
});

test("the executable's engine host speaks by the name the configuration has for its voice", async () => {
  await using host = EngineHost.start({
    configuration: HostConfiguration.parse({ role: "speech", cacheDir: "/tmp", tts: ["espeak"] }),
    spawn: hostProcess([process.execPath, join(import.meta.dir, "../main.ts"), "engine-host"]),
    clock: systemClock,
    log,
  });

  const signal = new AbortController().signal;
  const chunks = await Array.fromAsync(hostTextToSpeech(host, "espeak").speak("Good morning.", { signal }));

  // "Good morning." takes about 0.9 s with every voice of espeak-ng; a quarter proves that it spoke.
  expect(chunks.reduce((sum, chunk) => sum + chunk.length, 0)).toBeGreaterThan(4000);
  expect(host.engines?.tts).toEqual(["espeak"]);
}, 20_000);

test("the command refuses arguments", async () => {
  expect(await command.run(["--fast"])).toBe(2);
});
