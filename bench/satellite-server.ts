import { newId } from "#adapters/system/new-id.ts";
import { systemClock } from "#adapters/system/system-clock.ts";
import { bytesOf } from "#core/pcm.ts";
import { BestRoom } from "#pipeline/best-room.ts";
import { OwnVoice } from "#pipeline/own-voice.ts";
import { Session } from "#pipeline/session.ts";
import type { SessionDeps, SessionSettings } from "#pipeline/session-deps.ts";
import type { Satellite, SatelliteListener } from "#ports/satellite.ts";
import { satelliteTransport } from "#transports/satellite.ts";
import { satelliteAccess } from "#transports/satellite-identity.ts";
import { PolicyMeter } from "#transports/socket-policy.ts";
import { startServer } from "#web/server.ts";
import { answerBench, sharedNow } from "./child.ts";
import { deafHearing, type EngineTimes, plainHearing, remoteVoice, TimedEngines } from "./fake-engines.ts";
import { AgeMeter } from "./frame-stamps.ts";

/** How the hub's satellite path is set up for one bench. */
export interface SatelliteServerSetup {
  readonly wake: SessionSettings["wake"][number];
  /** Tell the age of every frame when it reaches the session. */
  readonly measureAges: boolean;
  readonly times: EngineTimes;
  /** Speak with the voice at this address instead of the timed one. */
  readonly voiceUrl?: string;
}

/** The hub's satellite path as it is: server, meters, link, session and ring, with engines that cost nothing. */
const ages = new AgeMeter();
const log = { debug() {}, info() {}, warn() {}, error() {} };
let engines: TimedEngines | undefined;

async function open({ wake, measureAges, times, voiceUrl }: SatelliteServerSetup): Promise<number> {
  engines = new TimedEngines(systemClock, times);
  const deps: SessionDeps = {
    clock: systemClock,
    log,
    newId,
    hearing: wake === "button" ? plainHearing : deafHearing,
    stt: engines.stt,
    tts: voiceUrl === undefined ? engines.tts : await remoteVoice(voiceUrl),
    core: engines.core,
    bestRoom: new BestRoom(
      systemClock,
      () => 1,
      () => undefined,
    ),
    ownVoice: new OwnVoice(systemClock),
    publish: () => undefined,
  };
  const session = (satellite: Satellite) =>
    new Session(deps, satellite, {
      room: undefined,
      wake: [wake],
      phrases: [{ text: "hey tars", sensitivity: 0.5 }],
      silenceMs: 200,
      noSpeechMs: 5000,
      maxUtteranceMs: 15_000,
      preRollMs: 500,
      deadlineMs: 30_000,
      followUp: "never",
      followUpMs: 8000,
      language: "en",
      voice: undefined,
      volume: undefined,
    });
  const satellites = satelliteTransport({
    clock: systemClock,
    log,
    newId,
    max: 2000,
    access: satelliteAccess({ mode: "open", tokens: [] }),
    observer: { connected() {}, disconnected() {}, clientStatus() {}, event() {} },
    onSatellite: (satellite) => (measureAges ? withAges(session(satellite)) : session(satellite)),
  });
  return startServer({
    host: "127.0.0.1",
    port: 0,
    endpoints: [satellites.endpoint],
    fetch: () => new Response("no", { status: 404 }),
    newMeter: (policy) => new PolicyMeter(policy, systemClock),
    allowedHosts: [],
    allowedOrigins: [],
    clock: systemClock,
    log,
  }).port;
}

function withAges(session: Session): SatelliteListener {
  return {
    frame(frame) {
      ages.frame(bytesOf(frame), sharedNow());
      session.frame(frame);
    },
    event: (event) => session.event(event),
    hello: () => session.hello(),
    playbackPosition: (turn, samples) => session.playbackPosition(turn, samples),
    playbackComplete: (turn) => session.playbackComplete(turn),
    text: (text) => session.text(text),
    gone: () => session.gone(),
  };
}

answerBench({
  open,
  ages: () => ages.take(),
  took: () => engines?.took(),
});
