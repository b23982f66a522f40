import { findAudio, SAME_AUDIO } from "./audio-compare.ts";
import { connectSatellite } from "./satellite.ts";
import { NotInTime } from "./satellite-state.ts";
import type { Expectation, Scenario, Sound, Step } from "./scenario-schema.ts";
import type { SimClock } from "./sim-clock.ts";
import type { SimulatedSatellite } from "./simulated-satellite.ts";

/** What a scenario needs from the world. */
export interface ScenarioDeps {
  readonly url: string;
  readonly token?: string;
  readonly clock: SimClock;
  readonly signal: AbortSignal;
  /** Sound for a `say` or `like`, 16 kHz mono. */
  sound(sound: Sound): Promise<Int16Array>;
  /** Called after each step, as it happens. */
  onStep?(result: StepResult): void;
}

export interface StepResult {
  /** 1 for the first step. */
  readonly number: number;
  /** The step in words; never what was said. */
  readonly what: string;
  readonly ok: boolean;
  /** Since the scenario began. */
  readonly startedMs: number;
  readonly tookMs: number;
  readonly problem?: string;
}

export interface ScenarioResult {
  readonly name: string;
  readonly ok: boolean;
  readonly steps: readonly StepResult[];
}

/** A satellite and what it had heard when somebody last said or pressed something. */
interface Actor {
  readonly id: string;
  readonly satellite: SimulatedSatellite;
  playedSamples: number;
  tones: number;
}

/**
 * Play a scenario step by step and stop at the first that fails.
 *
 * @throws the signal's reason when it aborts; whatever prevents a satellite from connecting.
 */
export async function runScenario(scenario: Scenario, deps: ScenarioDeps): Promise<ScenarioResult> {
  await using stack = new AsyncDisposableStack();
  const actors: Actor[] = [];
  for (const {
    id,
    room,
    name,
    dialect,
    reconnect,
    frame_ms,
    speaker_buffer_ms,
    echo,
  } of scenario.satellites) {
    const url = new URL(deps.url);
    if (dialect !== "hearth") url.searchParams.set("device", id);
    const satellite = await connectSatellite({
      url: url.href,
      signal: deps.signal,
      clock: deps.clock,
      dialect,
      reconnect,
      frameMs: frame_ms,
      speakerBufferMs: speaker_buffer_ms,
      echoRatio: echo,
      hello: { id, ...(room === undefined ? {} : { room }), ...(name === undefined ? {} : { name }) },
      ...(deps.token === undefined ? {} : { token: deps.token }),
    });
    stack.use(satellite);
    actors.push({ id, satellite, playedSamples: 0, tones: 0 });
  }
  const beganMs = deps.clock.now();
  const steps: StepResult[] = [];
  for (const [i, step] of scenario.steps.entries()) {
    const startedMs = deps.clock.now() - beganMs;
    const problem = await attempt(step, chosen(step, actors), deps);
    const result: StepResult = {
      number: i + 1,
      what: describe(step),
      ok: problem === undefined,
      startedMs,
      tookMs: deps.clock.now() - beganMs - startedMs,
      ...(problem === undefined ? {} : { problem }),
    };
    steps.push(result);
    deps.onStep?.(result);
    if (problem !== undefined) break;
  }
  return { name: scenario.name, ok: steps.every(({ ok }) => ok), steps };
}

function chosen(step: Step, actors: readonly Actor[]): readonly Actor[] {
  if (step.on === undefined) return actors.slice(0, 1);
  const wanted = [step.on].flat();
  return wanted.includes("all") ? actors : actors.filter(({ id }) => wanted.includes(id));
}

/** Do a step on all its satellites at once; the first problem, if any. */
async function attempt(
  step: Step,
  actors: readonly Actor[],
  deps: ScenarioDeps,
): Promise<string | undefined> {
  const outcomes = await Promise.allSettled(actors.map((actor) => perform(step, actor, deps)));
  deps.signal.throwIfAborted();
  for (const [i, outcome] of outcomes.entries()) {
    if (outcome.status === "fulfilled") continue;
    const message = outcome.reason instanceof Error ? outcome.reason.message : "failed";
    return `${actors[i]?.id ?? "satellite"}: ${message}`;
  }
  return undefined;
}

async function perform(step: Step, actor: Actor, deps: ScenarioDeps): Promise<void> {
  const { satellite } = actor;
  if (step.expect) await expectOf(step.expect, actor, deps);
  if (step.silence !== undefined) await deps.clock.sleep(step.silence, deps.signal);
  if (step.fault) satellite.inject(step.fault);
  if (step.reconnect) await satellite.reconnect();
  if (step.mute !== undefined) satellite.mute(step.mute);
  const { wait_for } = step;
  if (wait_for)
    await satellite.until(({ hubState }) => hubState === wait_for, `the hub is ${wait_for}`, 30_000);
  const stimulus = step.say ?? step.press ?? step.wake ?? step.type;
  if (stimulus === undefined) return;
  const pcm = step.say ? await deps.sound(step.say) : undefined;
  const state = satellite.state();
  actor.playedSamples = state.playedSamples;
  actor.tones = state.tones.length;
  if (pcm) await satellite.say(pcm);
  if (step.press) satellite.press(step.press === "long" ? "long_pressed" : "pressed");
  if (step.wake !== undefined) satellite.wake(step.wake);
  if (step.type !== undefined) satellite.type(step.type);
}

async function expectOf(wanted: Expectation, actor: Actor, deps: ScenarioDeps): Promise<void> {
  const { satellite } = actor;
  const { state, link, connections, tone, within } = wanted;
  if (state) await satellite.until(({ hubState }) => hubState === state, `the hub is ${state}`, within);
  if (link) await satellite.until((now) => now.link === link, `the link is ${link}`, within);
  if (connections !== undefined) {
    await satellite.until((now) => now.connections === connections, `${connections} connections`, within);
  }
  if (tone !== undefined) {
    await satellite.until(({ tones }) => tones.slice(actor.tones).includes(tone), `the tone ${tone}`, within);
  }
  if (wanted.speech) await expectSpeech(wanted.speech, within, actor, deps);
  if (wanted.silent_for !== undefined) await expectSilence(wanted.silent_for, satellite);
  const { underruns } = satellite.state();
  if (wanted.max_underruns !== undefined && underruns > wanted.max_underruns) {
    throw new NotInTime(`${underruns} underruns, at most ${wanted.max_underruns} are allowed`);
  }
}

async function expectSpeech(
  wanted: NonNullable<Expectation["speech"]>,
  withinMs: number,
  actor: Actor,
  deps: ScenarioDeps,
): Promise<void> {
  const { satellite } = actor;
  const base = actor.playedSamples;
  const enough = Math.max(1, wanted.min_ms * 16);
  const { playedSamples } = await satellite.until(
    (now) => !now.audible && now.playedSamples - base >= enough,
    `speech of ${wanted.min_ms} ms or more`,
    withinMs,
  );
  const heardMs = (playedSamples - base) / 16;
  if (wanted.max_ms !== undefined && heardMs > wanted.max_ms) {
    throw new NotInTime(`${Math.round(heardMs)} ms of speech, at most ${wanted.max_ms} ms are allowed`);
  }
  if (!wanted.like) return;
  const { score } = findAudio(await deps.sound(wanted.like), satellite.recording.last(playedSamples - base));
  if (score < SAME_AUDIO) throw new NotInTime(`the speech is another one (score ${score.toFixed(2)})`);
}

async function expectSilence(ms: number, satellite: SimulatedSatellite): Promise<void> {
  if (satellite.state().audible) throw new NotInTime("there is sound");
  const heard = await satellite
    .untilEvent(({ kind }) => kind === "audio-start", "sound", { withinMs: ms })
    .catch((cause: unknown) => {
      if (cause instanceof NotInTime) return undefined;
      throw cause;
    });
  if (heard) throw new NotInTime(`there is sound where ${ms} ms of silence are expected`);
}

/** A step in words, without what is said in it. */
function describe(step: Step): string {
  const on = step.on === undefined ? "" : ` on ${[step.on].flat().join(", ")}`;
  if (step.say) return `say ${"wav" in step.say ? step.say.wav : "a text"}${on}`;
  if (step.silence !== undefined) return `silence for ${step.silence} ms${on}`;
  if (step.press) return `press ${step.press}${on}`;
  if (step.wake !== undefined) return `wake${on}`;
  if (step.type !== undefined) return `type a text${on}`;
  if (step.mute !== undefined) return `mute ${step.mute ? "on" : "off"}${on}`;
  if (step.fault) return `fault ${step.fault.kind}${on}`;
  if (step.reconnect) return `reconnect${on}`;
  if (step.wait_for) return `wait for ${step.wait_for}${on}`;
  const { within, speech, ...rest } = step.expect ?? { within: 0 };
  const parts = Object.entries(rest).map(([name, value]) => `${name} ${value}`);
  if (speech) parts.unshift(`speech ≥ ${speech.min_ms} ms`);
  return `expect ${parts.join(", ")} within ${within} ms${on}`;
}
