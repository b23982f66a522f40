import { expect, test } from "bun:test";
import { samplesFromBytes } from "#core/pcm.ts";
import { Microphone } from "./microphone.ts";

const quiet = (options = {}) => new Microphone({ noiseAmplitude: 0, echoRatio: 0, seed: 1, ...options });
const ramp = (length: number) => Int16Array.from({ length }, (_, i) => i + 1);

test("an utterance is heard once, between silence, and says when it is over", () => {
  const mic = quiet();
  let spoken = 0;
  mic.next(4);
  mic.say(ramp(3), () => (spoken += 1));

  const first = samplesFromBytes(mic.next(4));
  expect(spoken).toBe(0);
  const rest = samplesFromBytes(mic.next(6));

  expect([...first, ...rest]).toEqual([1, 2, 3, 0, 0]);
  expect(spoken).toBe(1);
  expect(mic.waitingMs).toBe(0);
});

test("utterances follow each other without a gap", () => {
  const mic = quiet();
  mic.say(ramp(2), () => undefined);
  mic.say(ramp(2), () => undefined);

  expect([...samplesFromBytes(mic.next(10))]).toEqual([1, 2, 1, 2, 0]);
});

test("chunks of odd length join to the same sound", () => {
  const mic = quiet();
  mic.say(ramp(6), () => undefined);

  const joined = Buffer.concat([mic.next(1), mic.next(3), mic.next(5), mic.next(2), mic.next(1)]);

  expect([...samplesFromBytes(joined)]).toEqual([1, 2, 3, 4, 5, 6]);
});

test("the room's noise stays under its peak and is the same for the same seed", () => {
  const hear = () => samplesFromBytes(quiet({ noiseAmplitude: 8 }).next(2000));

  expect(Math.max(...hear())).toBe(8);
  expect(Math.min(...hear())).toBe(-8);
  expect(hear()).toEqual(hear());
});

test("a muted microphone hears nothing while the utterance goes by", () => {
  const mic = quiet({ noiseAmplitude: 8 });
  mic.say(ramp(4), () => undefined);

  mic.muted = true;
  expect([...samplesFromBytes(mic.next(4))]).toEqual([0, 0]);
  mic.muted = false;

  expect([...samplesFromBytes(mic.next(4))]).toEqual([3, 4]);
});

test("the speaker is heard at the wanted ratio and does not wrap around", () => {
  const mic = quiet({ echoRatio: 0.5 });
  mic.say(new Int16Array([100, 32_767]), () => undefined);
  mic.hearSpeaker(new Int16Array([10, 10_000]));
  mic.hearSpeaker(new Int16Array([-8]));

  expect([...samplesFromBytes(mic.next(8))]).toEqual([105, 32_767, -4, 0]);
});

test("hushing ends what is being said", () => {
  const mic = quiet();
  let spoken = 0;
  mic.say(ramp(100), () => (spoken += 1));
  mic.next(4);

  mic.hush();

  expect(spoken).toBe(1);
  expect([...samplesFromBytes(mic.next(4))]).toEqual([0, 0]);
});
