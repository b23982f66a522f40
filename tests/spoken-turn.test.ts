import { expect } from "bun:test";
import { basename, dirname } from "node:path";
import type { SimulatedSatellite } from "#sim/simulated-satellite.ts";
import { recordingsIn } from "#testing/recordings.ts";
import {
  idleAgain,
  pressed,
  RECORDED_COMMANDS,
  type RecordedCommand,
  satelliteOf,
  TIME_ZONE,
  type TurnReport,
  turnEnded,
  woke,
} from "./support/conversation.ts";
import { type HubProcess, startHubProcess, stoppedCleanly } from "./support/hub-process.ts";
import { addressed, hearingTest, SYNTHETIC_VOICE, says, spoken, syntheticSpeech } from "./support/speech.ts";

const PHRASES = ["computer", "alexa", "jarvis", "snowboy"] as const;
/** The first so many recordings of each phrase, in the order of their names. */
const WAKES_PER_PHRASE = 6;
/** A wake is reported at most half a second after the phrase; the rest is for a busy machine, which hears late. */
const WAKE_MS = 3000;
/** A person who is not heard says it again. */
const TAKES = 2;
/** Of 72: 69 woke at the first try, twice measured. One of the people (jarvis/0f597704) is never heard. */
const MIN_AT_ONCE = 62;
/** Of those that woke: 75 to 82 % came out word by word ("said a timer" is the usual slip), and all were answered. */
const MIN_EXACT_RATIO = 0.65;

const CONFIG = `
wake: { phrases: [${PHRASES.join(", ")}], best_room: false }
assistant: { time_zone: ${TIME_ZONE} }
`;

/** One command said to the hub, and what came of it. */
interface Asked {
  readonly command: RecordedCommand;
  /** How often it had to be said until the hub woke; undefined where it never did. */
  readonly takes: number | undefined;
  readonly turn: TurnReport | undefined;
  /** What the satellite's speaker played. */
  readonly heard: Int16Array;
}

/** Everything about an answer that must be so. */
interface Verdict {
  readonly reason: string | undefined;
  readonly intent: string | undefined;
  readonly answerIsRight: boolean;
  readonly answerIsHeard: boolean;
}

async function verdict({ command, turn, heard }: Asked): Promise<Verdict> {
  const answer = turn?.answer ?? [];
  return {
    reason: turn?.reason,
    intent: turn?.intent,
    answerIsRight: command.answers(turn?.decidedAt ?? 0).includes(answer.join(" ")),
    answerIsHeard: await says(answer, heard),
  };
}

function right(command: RecordedCommand): Verdict {
  return { reason: "answered", intent: command.intent, answerIsRight: true, answerIsHeard: true };
}

async function answered(
  hub: HubProcess,
  id: string,
  satellite: SimulatedSatellite,
  since: number,
): Promise<Pick<Asked, "turn" | "heard">> {
  const turn = await turnEnded(hub, id, since);
  await idleAgain(satellite);
  return { turn, heard: satellite.recording.speechOf(turn.turnId) };
}

/** Say a wake word and a command, again where the hub does not wake. */
async function askAwake(
  hub: HubProcess,
  id: string,
  satellite: SimulatedSatellite,
  wake: Int16Array,
  command: RecordedCommand,
): Promise<Asked> {
  const pcm = addressed(wake, spoken(command.file));
  for (let takes = 1; takes <= TAKES; takes++) {
    const since = hub.feed.mark();
    await satellite.say(pcm);
    if (await woke(hub, id, since, WAKE_MS)) {
      return { command, takes, ...(await answered(hub, id, satellite, since)) };
    }
  }
  return { command, takes: undefined, turn: undefined, heard: new Int16Array(0) };
}

hearingTest(
  "each recorded command said after the button is understood word by word and answered aloud",
  60_000,
  async () => {
    await using hub = await startHubProcess({ config: CONFIG });
    await hub.enginesReady();
    const life = new AbortController();

    const all = await Promise.all(
      RECORDED_COMMANDS.map(async (command): Promise<Asked> => {
        await using satellite = await satelliteOf(hub, command.intent, life.signal);
        const since = hub.feed.mark();
        await pressed(hub, command.intent, satellite);
        await satellite.say(spoken(command.file));
        return { command, takes: 1, ...(await answered(hub, command.intent, satellite, since)) };
      }),
    );

    for (const asked of all) {
      expect(asked.turn?.transcript).toBe(asked.command.text);
      expect(await verdict(asked)).toEqual(right(asked.command));
    }
    const log = await stoppedCleanly(hub);
    for (const { command, turn } of all) {
      for (const words of [command.text, turn?.answer.join(" ") ?? command.text])
        expect(log).not.toContain(words);
    }
  },
);

hearingTest(
  "each recorded command is answered aloud after each of twenty people's recorded wake words",
  150_000,
  async () => {
    await using hub = await startHubProcess({ config: CONFIG });
    await hub.enginesReady();
    const life = new AbortController();
    const wakes = PHRASES.flatMap((phrase) => recordingsIn(`wake/${phrase}`).slice(0, WAKES_PER_PHRASE));

    const people = await Promise.all(
      wakes.map(async (wake, i) => {
        const id = `room-${i}`;
        await using satellite = await satelliteOf(hub, id, life.signal);
        const asked: Asked[] = [];
        for (const command of RECORDED_COMMANDS) {
          asked.push(await askAwake(hub, id, satellite, spoken(wake), command));
        }
        return { wake, asked };
      }),
    );

    const turns = people.flatMap(({ asked }) => asked);
    const woken = turns.filter(({ takes }) => takes !== undefined);
    const atOnce = woken.filter(({ takes }) => takes === 1).length;
    const exact = woken.filter(({ turn, command }) => turn?.transcript === command.text).length;
    const wrong: unknown[] = [];
    for (const asked of woken) {
      const found = await verdict(asked);
      if (!Bun.deepEquals(found, right(asked.command)))
        wrong.push({ ...found, heard: asked.turn?.transcript, wanted: asked.command.text });
    }
    for (const { wake, asked } of people) {
      const marks = asked.map(({ takes, turn }) => `${takes ?? "-"}:“${turn?.transcript ?? ""}”`);
      console.log(`  ${basename(dirname(wake))}/${basename(wake, ".wav").slice(0, 8)}  ${marks.join("  ")}`);
    }
    console.log(
      `  ${atOnce} of ${turns.length} woke at once, ${woken.length} within ${TAKES} takes; of those ${exact} transcripts exact, ` +
        `${woken.length - wrong.length} answered right`,
    );
    expect(wrong).toEqual([]);
    expect(atOnce).toBeGreaterThanOrEqual(MIN_AT_ONCE);
    expect(exact / woken.length).toBeGreaterThanOrEqual(MIN_EXACT_RATIO);
    const everyCommand = people.filter(({ asked }) => asked.every(({ takes }) => takes !== undefined));
    expect(everyCommand.length).toBeGreaterThanOrEqual(20);
    expect(hub.feed.dropped).toBe(0);
    await stoppedCleanly(hub);
  },
);

hearingTest(
  `"stop" alone after the button ends the turn in silence (voice: ${SYNTHETIC_VOICE})`,
  60_000,
  async () => {
    await using hub = await startHubProcess({ config: CONFIG });
    await hub.enginesReady();
    await using satellite = await satelliteOf(hub, "kitchen", new AbortController().signal);
    const stop = await syntheticSpeech("stop");
    const since = hub.feed.mark();

    await pressed(hub, "kitchen", satellite);
    await satellite.say(stop);
    const turn = await turnEnded(hub, "kitchen", since);

    expect(turn).toMatchObject({ transcript: "stop", intent: "stop", reason: "stopped", answer: [] });
    await idleAgain(satellite);
    expect(satellite.recording.length).toBe(0);
    await stoppedCleanly(hub);
  },
);

// Long enough that an interruption in its second second is in its middle.
const LONG_REPLY = "what can you do";

for (const { how, capabilities, begin } of [
  {
    how: "said after the button",
    capabilities: ["playback_position"] as const,
    begin: (satellite: SimulatedSatellite) => satellite.press(),
  },
  {
    how: "said over it, on a satellite that cancels its echo",
    capabilities: ["playback_position", "aec"] as const,
    begin: () => undefined,
  },
]) {
  hearingTest(`"stop" ${how} cuts a reply short (voice: ${SYNTHETIC_VOICE})`, 60_000, async () => {
    await using hub = await startHubProcess({ config: CONFIG });
    await hub.enginesReady();
    const hello = { capabilities: [...capabilities] };
    await using satellite = await satelliteOf(hub, "kitchen", new AbortController().signal, { hello });
    const stop = await syntheticSpeech("stop");
    const since = hub.feed.mark();

    satellite.type(LONG_REPLY);
    await satellite.untilEvent(({ kind }) => kind === "position", "the reply is heard", { since: 0 });
    begin(satellite);
    await satellite.say(stop);
    const replyEnd = await turnEnded(hub, "kitchen", since);
    const stopTurn = await hub.feed.next("turn_end", ({ turn_id }) => turn_id !== replyEnd.turnId, { since });

    expect(replyEnd.reason).toBe("barge-in");
    expect(hub.feed.turn(stopTurn.turn_id ?? "")).toContainEqual(
      expect.objectContaining({ type: "stt_result", text: "stop" }),
    );
    expect(stopTurn.reason).toBe("stopped");
    await idleAgain(satellite);
    const heard = satellite.recording.speechOf(replyEnd.turnId);
    expect(heard.length).toBeGreaterThan(0);
    expect(await says(replyEnd.answer, heard)).toBe(false);
    await stoppedCleanly(hub);
  });
}
