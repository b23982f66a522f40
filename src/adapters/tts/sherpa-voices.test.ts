import { afterAll, expect, test } from "bun:test";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { espeakData } from "#adapters/native/native-files.ts";
import { MODELS_DIR, testWith } from "#testing/recordings.ts";
import { ttsContract } from "#testing/tts-contract.ts";
import { sherpaVoices } from "./sherpa-voices.ts";
import { voiceFolder } from "./voice-folder.ts";

const TOY = join(MODELS_DIR, "toy-tts");
const root = mkdtempSync(join(tmpdir(), "hearth-voices-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));
const never = new AbortController().signal;

/** Unpack espeak-ng's data as Piper voices bring it, from the package that has it all in one file. */
async function unpackEspeakData(target: string): Promise<void> {
  const packed = await espeakData("test");
  const script = readFileSync(Bun.resolveSync("@echogarden/espeak-ng-emscripten", import.meta.dir), "utf8");
  const entry = /filename:"\/usr\/share\/espeak-ng-data\/([^"]+)",start:([\d.e]+),end:([\d.e]+)/g;
  for (const [, name = "", start, end] of script.matchAll(entry)) {
    mkdirSync(dirname(join(target, name)), { recursive: true });
    writeFileSync(join(target, name), new Uint8Array(packed.slice(Number(start), Number(end))));
  }
}

const voicesDir = join(root, "voices");
if (existsSync(TOY)) {
  cpSync(TOY, join(voicesDir, "vits-toy-en_US"), { recursive: true });
  await unpackEspeakData(join(voicesDir, "espeak-ng-data"));
  const opened = sherpaVoices({ voicesDir, cacheDir: root });
  ttsContract("sherpa-voices", { open: () => opened, timeoutMs: 20_000 });
}
const withToy = testWith(TOY);

withToy("a voice is listed under its folder's name with the language in it", async () => {
  const tts = await sherpaVoices({ voicesDir, cacheDir: root });

  expect(await tts.voices()).toEqual([{ id: "vits-toy-en_US", language: "en-US", name: "vits-toy-en_US" }]);
});

withToy("a speaker the model does not have is rejected, speaker 0 is heard", async () => {
  const tts = await sherpaVoices({ voicesDir, cacheDir: root });
  const say = (voice: string) => Array.fromAsync(tts.speak("Yes.", { signal: never, voice }));

  expect((await say("vits-toy-en_US:0")).length).toBeGreaterThan(0);
  await expect(say("vits-toy-en_US:1")).rejects.toMatchObject({ fault: "rejected" });
  await expect(say("vits-toy-en_US:x")).rejects.toMatchObject({ fault: "rejected" });
});

test("without any voice speaking is unavailable and says where to put one", async () => {
  const tts = await sherpaVoices({ voicesDir: join(root, "absent"), cacheDir: root });
  const speech = Array.fromAsync(tts.speak("Yes.", { signal: never }));

  expect(await tts.voices()).toEqual([]);
  await expect(speech).rejects.toMatchObject({
    fault: "unavailable",
    message: `sherpa-voices: no voice is installed in ${join(root, "absent")}`,
  });
});

/** A folder with empty files of these names. */
function folderWith(name: string, files: readonly string[]): string {
  const folder = join(root, "made", name);
  for (const file of files) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), "");
  }
  return folder;
}
const PHONTAB = "espeak-ng-data/phontab";

test.each([
  ["vits", "vits-piper-de_DE-thorsten-low", ["de_DE-thorsten-low.onnx", "tokens.txt", PHONTAB], "de-DE"],
  ["vits", "vits-ljs", ["vits-ljs.onnx", "tokens.txt", "lexicon.txt"], "und"],
  ["kokoro", "kokoro-en-v0_19", ["model.onnx", "voices.bin", "tokens.txt", PHONTAB], "en"],
  ["kitten", "kitten-nano-en-v0_1", ["model.fp16.onnx", "voices.bin", "tokens.txt", PHONTAB], "en"],
  [
    "matcha",
    "matcha-icefall-en_US",
    ["model-steps-3.onnx", "vocos-22khz-univ.onnx", "tokens.txt", PHONTAB],
    "en-US",
  ],
] as const)("a %s voice is recognised by its files (%s)", async (kind, name, files, language) => {
  const folder = folderWith(name, files);
  const voice = await voiceFolder(folder, dirname(folder));

  expect(Object.keys(voice?.model ?? {})).toEqual([kind]);
  expect(voice).toMatchObject({ id: name, language });
});

test.each([
  ["tokens", "a", ["a.onnx", PHONTAB]],
  ["a model", "b", ["tokens.txt", PHONTAB]],
  ["pronunciation", "c", ["c.onnx", "tokens.txt"]],
  ["a vocoder", "d", ["model-steps-3.onnx", "tokens.txt", PHONTAB]],
] as const)("a folder without %s is no voice", async (_, name, files) => {
  const folder = folderWith(join("incomplete", name), files);

  expect(await voiceFolder(folder, dirname(folder))).toBeUndefined();
});
