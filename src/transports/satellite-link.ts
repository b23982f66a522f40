import { SAMPLE_RATE_HZ } from "#core/pcm.ts";
import type { Clock } from "#ports/clock.ts";
import type { NewId } from "#ports/new-id.ts";
import type { Satellite, SatelliteStatus, SendOutcome } from "#ports/satellite.ts";
import type { Socket } from "#ports/socket.ts";
import type { SatelliteHello, SatelliteMessage, ServerCommand, ServerMessage } from "#protocol/satellite.ts";
import { SATELLITE_PROTOCOL } from "#protocol/satellite.ts";
import { SatelliteCamera } from "./satellite-camera.ts";
import type { SatelliteCounters } from "./satellite-counters.ts";

export type Dialect = Satellite["dialect"];
type StatusPayload = Extract<ServerMessage, { type: "server_status" }>["payload"];
type HubState = Parameters<Satellite["state"]>[0];

export interface SatelliteLinkDeps {
  readonly clock: Clock;
  readonly newId: NewId;
  readonly socket: Socket;
  readonly counters: SatelliteCounters;
  /** End the connection this link is on. */
  close(code: number, reason: string): void;
}

export interface SatelliteLinkOptions {
  readonly id: string;
  readonly hello: SatelliteHello;
  readonly dialect: Dialect;
  /** Whether a token has shown who it is. */
  readonly paired: boolean;
}

/** Longest audio message to a satellite: 32 ms, which every firmware's receive buffer holds. */
const MAX_AUDIO_BYTES = 1024;

/** Commands the original plan names, or that it says old firmware ignores. */
const PLAIN_COMMANDS: ReadonlySet<ServerCommand["command"]> = new Set([
  "play_tone",
  "set_led_color",
  "reboot",
  "stop_playback",
]);

/** One satellite under one identity, on one connection. Speaks to it in its dialect. */
export class SatelliteLink implements Satellite {
  readonly id: string;
  readonly sessionId: string;
  readonly remoteAddress: string;
  readonly #deps: SatelliteLinkDeps;
  readonly #paired: boolean;
  readonly #camera: SatelliteCamera;
  #hello: SatelliteHello;
  #dialect: Dialect;
  #connected = true;
  #streaming = true;
  /** Between the announcement of speech and its end. */
  #speaking = false;
  #reportsPlayback = false;
  #status: StatusPayload;
  #congestion: PromiseWithResolvers<void> | undefined;

  constructor(deps: SatelliteLinkDeps, options: SatelliteLinkOptions) {
    this.#deps = deps;
    this.id = options.id;
    this.sessionId = deps.newId("session");
    this.remoteAddress = deps.socket.remoteAddress;
    this.#paired = options.paired;
    this.#hello = options.hello;
    this.#dialect = options.dialect;
    this.#status = { listening: false, speaking: false, state: "idle", paired: options.paired };
    this.#camera = new SatelliteCamera({
      clock: deps.clock,
      newId: deps.newId,
      ask: (request) => this.command({ command: "capture_image", request }),
    });
  }

  get hello(): SatelliteHello {
    return this.#hello;
  }

  get dialect(): Dialect {
    return this.#dialect;
  }

  /** Whether frames are wanted. */
  get streaming(): boolean {
    return this.#streaming;
  }

  get reportsPlayback(): boolean {
    if (this.#dialect === "flat") return true;
    return this.#reportsPlayback || this.#hello.capabilities.includes("playback_position");
  }

  startAudioStreaming(): void {
    this.#streaming = true;
  }

  stopAudioStreaming(): void {
    this.#streaming = false;
  }

  playAudioChunk(pcm: Uint8Array): SendOutcome {
    let outcome: SendOutcome = "sent";
    for (let offset = 0; offset < pcm.byteLength; offset += MAX_AUDIO_BYTES) {
      const part = pcm.byteLength <= MAX_AUDIO_BYTES ? pcm : pcm.subarray(offset, offset + MAX_AUDIO_BYTES);
      outcome = this.#send(part);
      if (outcome === "dropped") return outcome;
      this.#deps.counters.played(part.byteLength);
    }
    return outcome;
  }

  drained(signal: AbortSignal): Promise<void> {
    if (signal.aborted) return Promise.reject(signal.reason);
    const congestion = this.#congestion;
    if (!congestion) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const onAbort = () => reject(signal.reason);
      signal.addEventListener("abort", onAbort, { once: true });
      void congestion.promise.then(() => {
        signal.removeEventListener("abort", onAbort);
        resolve();
      });
    });
  }

  speechStart(turn: string): void {
    this.#speaking = true;
    if (this.#dialect === "hearth") {
      this.#tell({ type: "speech_start", payload: { turn, rate: SAMPLE_RATE_HZ } });
    } else if (this.#dialect === "flat") {
      this.#tell({ type: "start_of_tts_stream" });
    }
  }

  speechEnd(turn: string): void {
    if (!this.#speaking) return;
    this.#speaking = false;
    if (this.#dialect === "hearth") this.#tell({ type: "speech_end", payload: { turn } });
    else if (this.#dialect === "flat") this.#tell({ type: "tts_stream_end" });
  }

  stopAudioPlayback(turn: string): void {
    this.#deps.counters.silent();
    if (this.#dialect === "flat") {
      // The Pi client knows no stop. Its microphone stays shut until the stream it was promised has ended.
      this.speechEnd(turn);
      return;
    }
    this.#speaking = false;
    this.command({ command: "stop_playback", turn });
  }

  command(command: ServerCommand): void {
    const understood =
      this.#dialect === "hearth" || (this.#dialect === "plain" && PLAIN_COMMANDS.has(command.command));
    if (understood) this.#tell({ type: "server_command", payload: command });
  }

  state(state: HubState): void {
    const { listening, speaking, turnState } = state;
    const last = this.#status;
    if (last.listening === listening && last.speaking === speaking && last.state === turnState) return;
    this.#status = { listening, speaking, state: turnState, paired: this.#paired };
    this.#tellStatus();
  }

  sessionEnd(): void {
    if (this.#dialect === "flat") this.#tell({ type: "session_end" });
  }

  captureImage(signal: AbortSignal): Promise<Uint8Array | undefined> {
    if (signal.aborted) return Promise.reject(signal.reason);
    const hasCamera = this.#dialect === "hearth" && this.#hello.capabilities.includes("camera");
    if (!this.#connected || !hasCamera) return Promise.resolve(undefined);
    return this.#camera.capture(signal);
  }

  status(): SatelliteStatus {
    return this.#deps.counters.snapshot({
      connected: this.#connected,
      streaming: this.#streaming,
      speaking: this.#speaking,
    });
  }

  isConnected(): boolean {
    return this.#connected;
  }

  close(code: number, reason: string): void {
    if (this.#connected) this.#deps.close(code, reason);
  }

  /** Tell a satellite that has just connected who it talks to and what the hub is doing. */
  greet(): void {
    if (this.#dialect === "hearth") this.#tellHello();
    this.#tellStatus();
  }

  /** The satellite introduced itself again, under the same identity. */
  introduced(hello: SatelliteHello): void {
    this.#hello = hello;
    this.#dialect = "hearth";
    this.#tellHello();
  }

  /** The satellite has spoken the flat dialect. One that said hello keeps its own. */
  spokeFlat(): void {
    if (this.#dialect === "plain") this.#dialect = "flat";
  }

  receivedImage(image: Extract<SatelliteMessage, { type: "image" }>["payload"]): string | undefined {
    return this.#camera.receive(image);
  }

  playbackCompleted(): void {
    this.#reportsPlayback = true;
    this.#deps.counters.silent();
  }

  socketDrained(): void {
    this.#congestion?.resolve();
    this.#congestion = undefined;
  }

  /** The link is over; nothing is sent from here on, and nobody waits for it any longer. */
  ended(): void {
    this.#connected = false;
    this.#speaking = false;
    this.#camera.gone();
    this.socketDrained();
  }

  #tellHello(): void {
    const audio = { rate: SAMPLE_RATE_HZ, channels: 1, format: "s16le", frame_ms: 20 };
    this.#tell({
      type: "hello",
      payload: { session: this.sessionId, protocol: SATELLITE_PROTOCOL, audio },
    });
  }

  #tellStatus(): void {
    if (this.#dialect !== "flat") this.#tell({ type: "server_status", payload: this.#status });
  }

  #tell(message: ServerMessage): void {
    if (this.#send(JSON.stringify(message)) !== "dropped") this.#deps.counters.active();
  }

  #send(data: string | Uint8Array): SendOutcome {
    const outcome = this.#connected ? this.#deps.socket.send(data) : "dropped";
    if (outcome === "congested") this.#congestion ??= Promise.withResolvers<void>();
    if (outcome === "dropped") this.#deps.counters.failed("a message was dropped: the link is gone");
    return outcome;
  }
}
