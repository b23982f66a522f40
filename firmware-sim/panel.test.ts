import { expect, test } from "bun:test";
import { eventLine, PanelKeys, panelLines } from "./panel.ts";
import type { SatelliteState } from "./satellite-state.ts";

const STATE: SatelliteState = {
  link: "open",
  connections: 1,
  boots: 1,
  lastClose: undefined,
  session: "s",
  listening: true,
  speaking: false,
  hubState: "listening",
  paired: false,
  led: { r: 0, g: 0, b: 200, brightness: 0.5 },
  volume: 0.7,
  muted: false,
  micDb: -40,
  wifiRssi: -55,
  battery: 0.98,
  audible: false,
  bufferedMs: 250,
  receivedSamples: 0,
  playedSamples: 0,
  underruns: 2,
  overrunBytes: 64,
  tones: [],
  turnsPlayed: ["t1"],
  notUnderstood: 0,
  micChunks: 10,
};
const INPUT = {
  title: "kitchen",
  state: STATE,
  events: [
    { kind: "position", atMs: 1, turn: "t1", samples: 3 } as const,
    { kind: "speech-start", atMs: 1234, turn: "t1", text: "private words" } as const,
  ],
  speakerBufferMs: 500,
  typing: undefined,
  colour: false,
};

test("the panel shows state, levels and counts in words, without colours for a pipe", () => {
  const lines = panelLines(INPUT);

  expect(lines).toEqual([
    "●●●●●● kitchen  open  hub: listening  listening",
    "LED      0,0,200 at 50%",
    "mic      ████████████░░░░░░░░░░░░ -40 dB",
    "speaker  ████████████░░░░░░░░░░░░ 250 ms  volume 70%",
    "counts   underruns 2  lost 64 B  turns 1",
    "board    RSSI -55 dBm  battery 98%  links 1",
    "  1.23s speech-start turn=t1",
    "b button  m mute  t type  q quit",
  ]);
});

test("with colours the ring has the LED's, dimmed", () => {
  expect(panelLines({ ...INPUT, colour: true })[0]).toStartWith("\x1b[38;2;0;0;100m●●●●●●\x1b[0m");
});

test("an event's line has its fields and not what the hub says", () => {
  expect(eventLine({ kind: "underrun", atMs: 500, gapMs: 12.3456 })).toBe("0.50s underrun gapMs=12.35");
  expect(eventLine({ kind: "speech-start", atMs: 0, turn: "t", text: "private" })).not.toContain("private");
});

test("keys press, mute, quit, and type a text that can be corrected or given up", () => {
  const keys = new PanelKeys();

  expect(keys.keys("bm q")).toEqual([
    { kind: "press" },
    { kind: "mute" },
    { kind: "press" },
    { kind: "quit" },
  ]);
  expect(keys.keys("tlighx\x7fts q")).toEqual([]);
  expect(keys.typing).toBe("lights q");
  expect(keys.keys("\r")).toEqual([{ kind: "type", text: "lights q" }]);
  expect(keys.keys("tabc\x1b")).toEqual([]);
  expect(keys.typing).toBeUndefined();
  expect(keys.keys("t \rx\x03")).toEqual([{ kind: "quit" }]);
});
