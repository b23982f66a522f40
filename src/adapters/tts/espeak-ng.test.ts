import { expect, test } from "bun:test";
import type { TextToSpeech } from "#ports/text-to-speech.ts";
import { ttsContract } from "#testing/tts-contract.ts";
import { espeakNg } from "./espeak-ng.ts";

let opened: Promise<TextToSpeech> | undefined;
const open = () => {
  opened ??= espeakNg();
  return opened;
};
const never = new AbortController().signal;
async function spoken(text: string, voice?: string): Promise<Int16Array> {
  const options = voice === undefined ? { signal: never } : { signal: never, voice };
  const chunks = await Array.fromAsync((await open()).speak(text, options));
  return Int16Array.from(chunks.flatMap((chunk) => [...chunk]));
}

ttsContract("espeak-ng", { open, timeoutMs: 20_000 });

test("a sentence takes as long to say as a person would need", async () => {
  const seconds = (await spoken("It is half past ten, and the kitchen light is on.")).length / 16_000;

  expect(seconds).toBeGreaterThan(2);
  expect(seconds).toBeLessThan(5);
});

test("chunks are at most 110 ms, so that a barge-in loses little", async () => {
  const chunks = await Array.fromAsync((await open()).speak("The kitchen light is on.", { signal: never }));

  expect(Math.max(...chunks.map((chunk) => chunk.length))).toBeLessThanOrEqual(1760);
});

// Not sample by sample: the engine adds a little randomness to unvoiced sounds.
test("the default voice is back after another one has spoken", async () => {
  const first = await spoken("Good morning.");
  const other = await spoken("Good morning.", "gmw/de");

  expect((await spoken("Good morning.")).length).toBe(first.length);
  expect(other.length).not.toBe(first.length);
});

test("voices differ and are listed with their language", async () => {
  const voices = await (await open()).voices();

  expect(voices.length).toBeGreaterThan(100);
  expect(voices.find(({ id }) => id === "gmw/de")).toEqual({ id: "gmw/de", language: "de", name: "German" });
  expect(await spoken("water", "gmw/de")).not.toEqual(await spoken("water"));
});

test("markup is spoken as written, not obeyed", async () => {
  const pause = await spoken("a <break time='9s'/> b");

  expect(pause.length / 16_000).toBeLessThan(6);
  expect((await spoken("[[h@'loU]]")).length).not.toBe((await spoken("hello")).length);
});

test("more than 5000 characters are rejected without repeating them", async () => {
  const speech = Array.fromAsync((await open()).speak("secret ".repeat(800), { signal: never }));

  await expect(speech).rejects.toMatchObject({
    fault: "rejected",
    message: "espeak-ng: text of 5600 characters is too long",
  });
});

test("a default voice that does not exist is rejected at the start", async () => {
  await expect(espeakNg({ voice: "gmw/xx" })).rejects.toMatchObject({ fault: "rejected" });
});

test("speaking writes nothing to standard output", () => {
  const program = `
    import { espeakNg } from ${JSON.stringify(`${import.meta.dir}/espeak-ng.ts`)};
    const tts = await espeakNg();
    for await (const chunk of tts.speak("Hello.", { signal: new AbortController().signal })) chunk.length;`;
  const run = Bun.spawnSync([process.execPath, "-e", program]);

  expect(run.exitCode).toBe(0);
  expect(run.stdout.toString()).toBe("");
}, 20_000);
