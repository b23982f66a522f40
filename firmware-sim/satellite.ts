import { Device } from "./device.ts";
import { type Dialect, readDownlink } from "./dialect.ts";
import { type Conditions, conditionsUnder, type Fault, noConditions } from "./faults.ts";
import type { Recording } from "./recording.ts";
import { SatelliteLink } from "./satellite-link.ts";
import { Diary, type SatelliteEventRecord, type SatelliteState } from "./satellite-state.ts";
import { realClock, type SimClock, seededRandom } from "./sim-clock.ts";
import type { SatelliteOptions, SimulatedSatellite } from "./simulated-satellite.ts";
import { Uplink } from "./uplink.ts";
import { Vitals } from "./vitals.ts";

/** The original plan names no period for client_status; 5 s is what a dashboard needs to look alive. */
const STATUS_PERIOD_MS = 5000;
/** From power-on to Wi-Fi, short for a board with a stored network so that scenarios stay short. */
const BOOT_MS = 300;
/** What waiting for something allows when nothing else is said. */
const DEFAULT_WITHIN_MS = 10_000;

/**
 * Switch a virtual satellite on; resolves when its first link is open and its hello sent.
 *
 * Its microphone streams from then on without end, whoever listens. An abort of `options.signal` cuts its power.
 *
 * @throws {Error} when the first link cannot be made and it is not told to reconnect.
 */
export async function connectSatellite(options: SatelliteOptions): Promise<SimulatedSatellite> {
  const satellite = new Satellite(options);
  try {
    await satellite.begin();
  } catch (cause) {
    await satellite[Symbol.asyncDispose]();
    throw cause;
  }
  return satellite;
}

class Satellite implements SimulatedSatellite {
  readonly #clock: SimClock;
  readonly #dialect: Dialect;
  readonly #life = new AbortController();
  readonly #signal: AbortSignal;
  readonly #diary: Diary;
  readonly #device: Device;
  readonly #uplink: Uplink;
  readonly #link: SatelliteLink;
  readonly #vitals: Vitals;
  readonly #running: Promise<void>[] = [];
  #conditions: Conditions = noConditions();
  #halfFrame = false;
  #boots = 1;

  constructor(options: SatelliteOptions) {
    const clock = options.clock ?? realClock;
    const seed = options.seed ?? 1;
    const speakerBufferMs = options.speakerBufferMs ?? options.hello?.speaker_buffer_ms ?? 500;
    this.#clock = clock;
    this.#dialect = options.dialect ?? "hearth";
    this.#signal = AbortSignal.any([options.signal, this.#life.signal]);
    this.#diary = new Diary(clock);
    const random = seededRandom(seed + 1);
    this.#vitals = new Vitals(random);
    this.#device = new Device(
      {
        dialect: this.#dialect,
        speakerBufferMs,
        noiseAmplitude: options.noiseAmplitude ?? 8,
        echoRatio: options.echoRatio ?? 0,
        seed,
        image: options.image,
      },
      {
        clock,
        diary: this.#diary,
        signal: this.#signal,
        send: (message) => this.#link.send(message),
        reboot: (delayMs) =>
          this.#run(async () => {
            await clock.sleep(delayMs, this.#signal);
            this.#reboot();
          }),
        pair: (token) => this.#link.setToken(token),
      },
    );
    this.#uplink = new Uplink({
      microphone: this.#device.microphone,
      clock,
      chunkBytes: options.frameBytes ?? Math.max(1, Math.round((options.frameMs ?? 20) * 32)),
      speed: options.speed ?? 1,
      seed: seed + 2,
      send: (chunk) => this.#chunk(chunk),
    });
    this.#link = new SatelliteLink({
      url: options.url,
      dialect: this.#dialect,
      hello: { speaker_buffer_ms: speakerBufferMs, ...options.hello },
      token: options.token,
      clock,
      diary: this.#diary,
      signal: this.#signal,
      reconnect:
        options.reconnect === true ? { firstMs: 500, maxMs: 30_000 } : options.reconnect || undefined,
      random,
      onText: (text) => this.#received(text),
      onBinary: (bytes) => this.#device.audio(bytes),
      onLost: () => this.#device.linkLost(),
    });
  }

  get recording(): Recording {
    return this.#device.recording;
  }

  async begin(): Promise<void> {
    await this.#link.open();
    this.#run(() => this.#uplink.run(this.#signal));
    this.#run(() => this.#reportStatus());
  }

  state(): SatelliteState {
    return {
      ...this.#device.state(),
      link: this.#link.state,
      connections: this.#link.connections,
      boots: this.#boots,
      lastClose: this.#link.lastClose,
      micChunks: this.#uplink.chunks,
      wifiRssi: this.#vitals.wifiRssi,
      battery: this.#vitals.batteryAfter(this.#device.uptimeMs),
    };
  }

  mark(): number {
    return this.#diary.length;
  }

  events(since = 0): readonly SatelliteEventRecord[] {
    return this.#diary.since(since);
  }

  onEvent(signal: AbortSignal, handler: (event: SatelliteEventRecord) => void): void {
    this.#diary.on(AbortSignal.any([signal, this.#signal]), handler);
  }

  async say(pcm: Int16Array): Promise<void> {
    this.#signal.throwIfAborted();
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const onAbort = () => reject(this.#signal.reason);
    this.#signal.addEventListener("abort", onAbort, { once: true });
    // The chunk with the last sample leaves before whoever awaits this runs.
    this.#device.microphone.say(pcm, resolve);
    await promise;
    this.#signal.removeEventListener("abort", onAbort);
    this.#diary.write({ kind: "said", ms: pcm.length / 16 });
  }

  press(action: "pressed" | "long_pressed" = "pressed"): void {
    if (this.#dialect !== "flat") {
      this.#link.send({ type: "event", payload: { source: "button", action } });
    } else if (this.#device.flatSession) {
      this.#device.openFlatSession(false);
      this.#link.send({ type: "session_end", payload: {} });
    } else {
      this.wake("button");
    }
    this.#diary.touch();
  }

  wake(phrase: string, score = 0.9): void {
    this.#link.send({ type: "event", payload: { source: "wake", action: "detected", phrase, score } });
    if (this.#dialect === "flat") this.#device.openFlatSession(true);
    this.#diary.touch();
  }

  type(text: string): void {
    this.#link.send({ type: "text", payload: { text } });
  }

  mute(on: boolean): void {
    this.#device.microphone.muted = on;
    this.#link.send({ type: "event", payload: { source: "mute", action: on ? "on" : "off" } });
    this.#diary.touch();
  }

  inject(fault: Fault): void {
    this.#diary.write({ kind: "fault", fault: fault.kind });
    this.#strike(fault);
    this.#conditions = conditionsUnder(fault, this.#conditions);
    this.#uplink.setConditions(this.#conditions);
    this.#device.speaker.buffer.setDriftPpm(this.#conditions.driftPpm);
    this.#diary.touch();
  }

  reconnect(): Promise<void> {
    this.#device.linkLost();
    return this.#link.renew();
  }

  until(
    condition: (state: SatelliteState) => boolean,
    what: string,
    withinMs = DEFAULT_WITHIN_MS,
  ): Promise<SatelliteState> {
    const look = () => {
      const state = this.state();
      return condition(state) ? state : undefined;
    };
    return this.#diary.until(look, { what, withinMs, signal: this.#signal });
  }

  untilEvent(
    fits: (event: SatelliteEventRecord) => boolean,
    what: string,
    options: { readonly since?: number; readonly withinMs?: number } = {},
  ): Promise<SatelliteEventRecord> {
    let seen = options.since ?? this.#diary.length;
    const look = () => {
      const fresh = this.#diary.since(seen);
      seen = this.#diary.length;
      return fresh.find(fits);
    };
    const withinMs = options.withinMs ?? DEFAULT_WITHIN_MS;
    return this.#diary.until(look, { what, withinMs, signal: this.#signal });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#signal.aborted) await this.#link.goodbye();
    this.#life.abort(new Error("the satellite was switched off"));
    await Promise.all([...this.#running, this.#link.ended()]);
  }

  #strike(fault: Fault): void {
    switch (fault.kind) {
      case "slow-reader":
        this.#link.limitReading(fault.bytesPerSecond);
        return;
      case "none":
        this.#link.limitReading(undefined);
        return;
      case "reset":
        this.#link.terminate();
        return;
      case "half-open":
        this.#link.freeze();
        return;
      case "half-frame":
        this.#halfFrame = true;
        return;
      case "reboot":
        this.#reboot();
        return;
      case "jitter":
      case "loss":
      case "duplicate":
      case "reorder":
      case "drift":
        return; // These last: `conditionsUnder` knows them.
    }
  }

  #reboot(): void {
    this.#boots += 1;
    this.#device.boot();
    this.#link.powerCycle(BOOT_MS);
    this.#diary.touch();
  }

  #chunk(chunk: Uint8Array): void {
    this.#device.heardChunk(chunk);
    if (!this.#device.microphoneOpen) return;
    if (this.#halfFrame) {
      this.#halfFrame = false;
      this.#link.cutInHalf(chunk);
    } else {
      this.#link.sendBinary(chunk);
    }
  }

  #received(text: string): void {
    const message = readDownlink(text, this.#dialect);
    if (message === "garbled") this.#device.notUnderstood();
    else if (message !== "ignored") this.#device.message(message);
  }

  async #reportStatus(): Promise<void> {
    for (;;) {
      this.#link.send({ type: "client_status", payload: this.#vitals.status(this.#device.uptimeMs) });
      await this.#clock.sleep(STATUS_PERIOD_MS, this.#signal);
    }
  }

  /** Run something until it ends or the power goes; only then may it fail. */
  #run(task: () => Promise<void>): void {
    const running = task().catch((cause: unknown) => {
      if (!this.#signal.aborted) throw cause;
    });
    this.#running.push(running);
  }
}
