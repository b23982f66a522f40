import { expect, test } from "bun:test";
import { runScenario } from "./scenario.ts";
import { parseScenario, type Sound } from "./scenario-schema.ts";
import { realClock, seededRandom } from "./sim-clock.ts";
import { type FakeLink, fakeHub } from "./testing/fake-hub.ts";

const noise = (seed: number, ms: number) => {
  const random = seededRandom(seed);
  return Int16Array.from({ length: ms * 16 }, () => (random() - 0.5) * 8000);
};

/** Run a scenario against a hub that answers every button press with `reply`. */
async function run(yaml: string, reply?: (link: FakeLink) => void) {
  const parsed = parseScenario(yaml);
  if (!parsed.ok) throw new Error(parsed.problems);
  await using hub = fakeHub();
  const answering = hub.until(() => {
    const link = hub.links.find((candidate) => candidate.of("event").length > 0);
    if (link) reply?.(link);
    return link !== undefined;
  });
  const result = await runScenario(parsed.scenario, {
    url: hub.url,
    clock: realClock,
    signal: new AbortController().signal,
    sound: (sound: Sound) => Promise.resolve(noise("text" in sound ? sound.text.length : 1, 60)),
  });
  if (reply) await answering;
  return result;
}

function answer(link: FakeLink, seed: number): void {
  link.send({ type: "server_command", payload: { command: "play_tone", tone: "ack" } });
  link.send({ type: "speech_start", payload: { turn: "t", rate: 16_000 } });
  link.play(noise(seed, 60));
  link.send({ type: "speech_end", payload: { turn: "t" } });
  link.send({
    type: "server_status",
    payload: { listening: false, speaking: false, state: "idle", paired: true },
  });
}

const PRESS_AND_EXPECT = `
name: a press is answered
satellites: [{id: kitchen, room: Kitchen}, {id: hall, dialect: plain}]
steps:
  - say: {wav: x.wav}
  - press: button
  - expect: {tone: ack, speech: {min_ms: 50, max_ms: 70, like: {text: four}}, within: 2s}
  - wait_for: idle
  - expect: {silent_for: 50ms, max_underruns: 0}
    on: all
`;

test("a scenario passes when everything expected happens, with each step's time", async () => {
  const result = await run(PRESS_AND_EXPECT, (link) => answer(link, 4));

  expect(result.steps.map(({ ok, problem }) => problem ?? ok)).toEqual([true, true, true, true, true]);
  expect(result.ok).toBe(true);
  expect(result.steps[0]?.tookMs).toBeGreaterThan(50);
  expect(result.steps[4]?.startedMs).toBeGreaterThanOrEqual(result.steps[0]?.tookMs ?? 0);
});

test("a reply with other words fails its step, and the steps after it are not played", async () => {
  const result = await run(PRESS_AND_EXPECT, (link) => answer(link, 5));

  expect(result.ok).toBe(false);
  expect(result.steps).toHaveLength(3);
  expect(result.steps[2]?.problem).toContain("kitchen: the speech is another one");
});

test("a hub that says nothing fails the expectation in the time it had", async () => {
  const result = await run("{name: n, steps: [{press: button}, {expect: {state: listening, within: 30ms}}]}");

  expect(result.steps[1]).toMatchObject({
    ok: false,
    problem: "sim: not within 30 ms: the hub is listening",
  });
});

test("sound where silence is expected is a failure", async () => {
  const result = await run("{name: n, steps: [{press: button}, {expect: {silent_for: 2s}}]}", (link) =>
    answer(link, 4),
  );

  expect(result.steps[1]?.ok).toBe(false);
  expect(result.steps[1]?.problem).toContain("there is sound");
});

test("a scenario with mistakes is refused with where each of them is", () => {
  const problems = (yaml: string) => {
    const parsed = parseScenario(yaml);
    return parsed.ok ? "none" : parsed.problems;
  };

  expect(problems("{name: n, steps: [{say: {text: a}, press: button}]}")).toContain("exactly one of say");
  expect(problems("{name: n, steps: [{shout: a}]}")).toContain("shout");
  expect(problems("{name: n, steps: [{say: {mp3: a}}]}")).toContain("either wav");
  expect(problems("{name: n, steps: [{silence: 3}]}")).toContain("steps[0].silence");
  expect(problems("{name: n, steps: [{silence: 3}]}")).toContain("expected string");
  expect(problems("{name: n, steps: [{silence: 3 parsecs}]}")).toContain("no duration");
  expect(problems("{name: n, steps: [{fault: meteor}]}")).toContain('no fault "meteor"');
  expect(problems("{name: n, steps: [{press: button, on: attic}]}")).toContain('no satellite "attic"');
  expect(problems("{name: n, satellites: [{id: a}, {id: a}], steps: [{press: button}]}")).toContain(
    "same id",
  );
  expect(problems("{name: [")).not.toBe("none");
});
