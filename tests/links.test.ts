import { expect, test } from "bun:test";
import { connectSatellite } from "#sim/satellite.ts";
import type { SimulatedSatellite } from "#sim/simulated-satellite.ts";
import { SocketPeer } from "#testing/socket-peer.ts";
import {
  idleAgain,
  RECORDED_COMMANDS,
  type RecordedCommand,
  satelliteOf,
  TIME_ZONE,
  type TurnReport,
  turnEnded,
} from "./support/conversation.ts";
import { turnEnds } from "./support/feed-tap.ts";
import { type HubProcess, startHubProcess, stoppedCleanly } from "./support/hub-process.ts";
import { hearingTest, says, spoken } from "./support/speech.ts";

const COMMAND = spokenQuestion();
const CONFIG = `assistant: { time_zone: ${TIME_ZONE} }`;

/** The first of the recorded commands: "what time is it". */
function spokenQuestion(): RecordedCommand {
  const [command] = RECORDED_COMMANDS;
  if (!command) throw new Error("unreachable: there are recorded commands");
  return command;
}

function expectAnswered(turn: TurnReport, transcript: string | undefined): void {
  expect(turn).toMatchObject({ reason: "answered", intent: COMMAND.intent });
  expect(turn.transcript).toBe(transcript);
  expect(COMMAND.answers(turn.decidedAt)).toContain(turn.answer.join(" "));
}

function device(hub: HubProcess, id: string): string {
  return `${hub.satellite}?device=${id}`;
}

hearingTest(
  "a satellite that speaks nothing but the original plan's protocol holds a spoken turn",
  60_000,
  async () => {
    await using hub = await startHubProcess({ config: CONFIG });
    await hub.enginesReady();
    await using satellite = await connectSatellite({
      url: device(hub, "plain"),
      signal: new AbortController().signal,
      dialect: "plain",
      // No multiple of a sample, of a frame, or of anything else.
      frameBytes: 701,
    });
    const since = hub.feed.mark();

    satellite.press();
    await satellite.until(({ hubState }) => hubState === "listening", "the hub listens");
    await satellite.say(spoken(COMMAND.file));
    const turn = await turnEnded(hub, "plain", since);

    expectAnswered(turn, COMMAND.text);
    await idleAgain(satellite);
    expect(await says(turn.answer, satellite.recording.last(satellite.recording.length))).toBe(true);
    expect(satellite.state().notUnderstood).toBe(0);
    expect(hub.feed.of("satellite_connected")[0]).toMatchObject({ satellite_id: "plain", dialect: "plain" });
    await stoppedCleanly(hub);
  },
);

hearingTest("a satellite of the flat dialect holds a spoken turn", 60_000, async () => {
  await using hub = await startHubProcess({ config: CONFIG });
  await hub.enginesReady();
  await using satellite = await connectSatellite({
    url: device(hub, "flat"),
    signal: new AbortController().signal,
    dialect: "flat",
  });
  const since = hub.feed.mark();

  satellite.wake("hey tars");
  await hub.feed.next("turn_state", ({ state }) => state === "listening", { since });
  await satellite.say(spoken(COMMAND.file));
  const turn = await turnEnded(hub, "flat", since);

  expectAnswered(turn, COMMAND.text);
  await satellite.until(({ audible }) => !audible, "silence");
  expect(await says(turn.answer, satellite.recording.last(satellite.recording.length))).toBe(true);
  expect(hub.feed.of("satellite_connected")[0]).toMatchObject({ satellite_id: "flat" });
  await stoppedCleanly(hub);
});

const CROWD = 50;
/** So many of the crowd speak; the others type. */
const SPEAKERS = 10;

hearingTest("fifty satellites at once each hold a turn, ten of them aloud", 120_000, async () => {
  await using hub = await startHubProcess({ config: CONFIG });
  await hub.enginesReady();
  const life = new AbortController();
  const pcm = spoken(COMMAND.file);
  await using crowd = new AsyncDisposableStack();
  const satellites: SimulatedSatellite[] = [];
  for (let i = 0; i < CROWD; i++)
    satellites.push(crowd.use(await satelliteOf(hub, `room-${i}`, life.signal)));

  const turns = await Promise.all(
    satellites.map(async (satellite, i) => {
      const since = hub.feed.mark();
      if (i < SPEAKERS) {
        satellite.press();
        await satellite.until(({ hubState }) => hubState === "listening", "the hub listens", 20_000);
        await satellite.say(pcm);
      } else satellite.type(COMMAND.text);
      const turn = await turnEnded(hub, `room-${i}`, since, 60_000);
      await idleAgain(satellite);
      return turn;
    }),
  );

  for (const [i, turn] of turns.entries()) expectAnswered(turn, i < SPEAKERS ? COMMAND.text : undefined);
  expect([...turnEnds(hub.feed.events).values()]).toEqual(turns.map(() => ["answered"]));
  expect((await hub.health()).transport.connections).toBe(CROWD);
  await crowd.disposeAsync();
  await stoppedCleanly(hub);
});

test("the newest connection of a satellite wins, and a third satellite finds a full hub busy", async () => {
  await using hub = await startHubProcess({
    config: "satellites: { max: 2 }\nengines: { hearing: none, stt: [] }",
  });
  const hello = (id: string) => ({ type: "hello", payload: { id } });
  using first = await SocketPeer.connect(hub.satellite);
  using other = await SocketPeer.connect(hub.satellite);
  first.send(hello("kitchen"));
  other.send(hello("bedroom"));
  await first.until((peer) => peer.messages.length > 0);
  await other.until((peer) => peer.messages.length > 0);

  using again = await SocketPeer.connect(hub.satellite);
  again.send(hello("kitchen"));
  expect(await first.closed).toEqual({ code: 4000, reason: "replaced" });
  using third = await SocketPeer.connect(hub.satellite);
  third.send(hello("garage"));
  expect(await third.closed).toEqual({ code: 1013, reason: "Service busy" });

  await again.until((peer) => peer.messages.length > 0);
  again.send({ type: "text", payload: { text: "set a timer for ten minutes" } });
  expect(await turnEnded(hub, "kitchen", 0)).toMatchObject({ reason: "answered" });
  await stoppedCleanly(hub);
}, 60_000);

test("a hub for one satellite tells the second that it is busy", async () => {
  await using hub = await startHubProcess({
    config: "satellites: { max: 1 }\nengines: { hearing: none, stt: [] }",
  });
  using first = await SocketPeer.connect(device(hub, "one"));
  first.send(new Uint8Array(640));
  await hub.feed.next("satellite_connected", () => true, { since: 0 });
  using second = await SocketPeer.connect(device(hub, "two"));
  second.send(new Uint8Array(640));

  expect(await second.closed).toEqual({ code: 1013, reason: "Service busy" });
  await stoppedCleanly(hub);
}, 60_000);
