import { levelDb, samplesFromBytes } from "#core/pcm.ts";
import type { SatelliteMessage, ServerCommand, ServerMessage } from "#protocol/satellite.ts";
import type { Dialect } from "./dialect.ts";
import { Microphone } from "./microphone.ts";
import { Recording } from "./recording.ts";
import type { Diary, SatelliteState } from "./satellite-state.ts";
import type { SimClock } from "./sim-clock.ts";
import { Speaker, type SpeakerReport } from "./speaker.ts";

export interface DeviceOptions {
  readonly dialect: Dialect;
  readonly speakerBufferMs: number;
  readonly noiseAmplitude: number;
  readonly echoRatio: number;
  readonly seed: number;
  readonly image: { readonly data: Uint8Array; readonly mime: string } | undefined;
}

/** What a device asks of the link that carries it. */
export interface DeviceDeps {
  readonly clock: SimClock;
  readonly diary: Diary;
  readonly signal: AbortSignal;
  send(message: SatelliteMessage): void;
  reboot(delayMs: number): void;
  pair(token: string): void;
}

/** The board behind the link: microphone, speaker, LED, button, and what the hub last told it. */
export class Device {
  readonly microphone: Microphone;
  readonly recording = new Recording();
  readonly speaker: Speaker;
  readonly #options: DeviceOptions;
  readonly #deps: DeviceDeps;
  readonly #tones: string[] = [];
  readonly #turnsPlayed: string[] = [];
  #flatTurns = 0;
  #session: string | undefined;
  #status: { listening: boolean; speaking: boolean; state: string; paired: boolean } | undefined;
  #led = { r: 0, g: 0, b: 0, brightness: 1 };
  #volume = 0.7;
  #notUnderstood = 0;
  #micDb = -100;
  #bootedMs: number;
  /** The flat dialect sends its microphone only during a session, and not while it speaks. */
  #flatSession = false;

  constructor(options: DeviceOptions, deps: DeviceDeps) {
    this.#options = options;
    this.#deps = deps;
    this.#bootedMs = deps.clock.now();
    this.microphone = new Microphone(options);
    this.speaker = new Speaker({
      capacityMs: options.speakerBufferMs,
      clock: deps.clock,
      signal: deps.signal,
      onPlayed: (samples, turn, startMs, continues) => {
        this.recording.add(samples, turn, startMs, continues);
        this.microphone.hearSpeaker(samples);
      },
      report: (report) => this.#reported(report),
    });
  }

  get uptimeMs(): number {
    return this.#deps.clock.now() - this.#bootedMs;
  }

  /** Whether a microphone chunk goes out now. */
  get microphoneOpen(): boolean {
    return this.#options.dialect !== "flat" || (this.#flatSession && !this.speaker.audible);
  }

  heardChunk(chunk: Uint8Array): void {
    this.#micDb = levelDb(samplesFromBytes(chunk));
  }

  /** Lose power and begin again. Volume is remembered in flash; the rest is not. */
  boot(): void {
    this.speaker.reset();
    this.microphone.hush();
    this.#session = undefined;
    this.#status = undefined;
    this.#led = { r: 0, g: 0, b: 0, brightness: 1 };
    this.#flatSession = false;
    this.#bootedMs = this.#deps.clock.now();
  }

  /** The link is gone: what waits in the speaker is still heard, what the hub said last is no longer true. */
  linkLost(): void {
    this.#session = undefined;
    this.#status = undefined;
    this.#flatSession = false;
  }

  openFlatSession(open: boolean): void {
    this.#flatSession = open;
  }

  get flatSession(): boolean {
    return this.#flatSession;
  }

  audio(bytes: Uint8Array): void {
    this.speaker.push(bytes);
    this.#deps.diary.touch();
  }

  notUnderstood(): void {
    this.#notUnderstood += 1;
    this.#deps.diary.write({ kind: "not-understood" });
  }

  message(message: ServerMessage): void {
    const { diary } = this.#deps;
    switch (message.type) {
      case "hello":
        this.#session = message.payload.session;
        diary.write({ kind: "hello", session: message.payload.session });
        return;
      case "server_status": {
        this.#status = message.payload;
        const { listening, speaking, state } = message.payload;
        diary.write({ kind: "status", listening, speaking, state });
        return;
      }
      case "server_command":
        this.#command(message.payload);
        return;
      case "speech_start":
        this.#begin(message.payload.turn, message.payload.text);
        return;
      case "speech_end":
        this.#end(message.payload.turn);
        return;
      case "start_of_tts_stream":
        this.#flatTurns += 1;
        this.#begin(`flat-${this.#flatTurns}`, undefined);
        return;
      case "tts_stream_end":
        this.#end(`flat-${this.#flatTurns}`);
        return;
      case "session_end":
        this.#flatSession = false;
        diary.write({ kind: "session-end" });
    }
  }

  state(): Omit<
    SatelliteState,
    "link" | "connections" | "boots" | "lastClose" | "micChunks" | "wifiRssi" | "battery"
  > {
    const { buffer } = this.speaker;
    const flat = this.#options.dialect === "flat";
    return {
      session: this.#session,
      listening: flat ? this.#flatSession : (this.#status?.listening ?? false),
      speaking: this.#status?.speaking ?? false,
      hubState: this.#status?.state,
      paired: this.#status?.paired ?? false,
      led: this.#led,
      volume: this.#volume,
      muted: this.microphone.muted,
      micDb: this.#micDb,
      audible: this.speaker.audible,
      bufferedMs: Math.max(0, (buffer.dryAtMs ?? 0) - this.#deps.clock.now()),
      receivedSamples: buffer.receivedSamples,
      playedSamples: buffer.playedSamples,
      underruns: buffer.underruns.length,
      overrunBytes: buffer.droppedBytes,
      tones: [...this.#tones],
      turnsPlayed: [...this.#turnsPlayed],
      notUnderstood: this.#notUnderstood,
    };
  }

  #begin(turn: string, text: string | undefined): void {
    this.speaker.begin(turn);
    this.#deps.diary.write({ kind: "speech-start", turn, text });
  }

  #end(turn: string): void {
    this.#deps.diary.write({ kind: "speech-end", turn });
    this.speaker.end(turn);
  }

  #command(command: ServerCommand): void {
    switch (command.command) {
      case "play_tone":
        this.#tones.push(command.tone);
        break;
      case "set_led_color":
        this.#led = { r: command.r, g: command.g, b: command.b, brightness: command.brightness ?? 1 };
        break;
      case "set_volume":
        this.#volume = command.level;
        break;
      case "stop_playback":
        this.speaker.stop();
        break;
      case "capture_image":
        this.#capture();
        break;
      case "reboot":
        this.#deps.reboot(command.delay_ms ?? 0);
        break;
      case "pair":
        this.#deps.pair(command.token);
        break;
      case "identify":
        break;
    }
    this.#deps.diary.write({ kind: "command", command });
  }

  #capture(): void {
    const { image } = this.#options;
    if (!image) return;
    const data = Buffer.from(image.data).toString("base64");
    this.#deps.send({ type: "image", payload: { data, mime: image.mime } });
  }

  #reported(report: SpeakerReport): void {
    const { diary, send } = this.#deps;
    const { dialect } = this.#options;
    if (report.kind === "position" && dialect === "hearth") {
      send({ type: "playback_position", payload: { turn: report.turn, samples: report.samples } });
    }
    if (report.kind === "turn-played") {
      this.#turnsPlayed.push(report.turn);
      if (dialect !== "plain") {
        const payload = dialect === "flat" ? {} : { turn: report.turn };
        send({ type: "playback_complete", payload });
      }
    }
    diary.write(report);
  }
}
