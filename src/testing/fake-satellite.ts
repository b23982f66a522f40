import type { PcmFrame } from "#core/pcm.ts";
import type { Satellite, SatelliteListener, SatelliteStatus, SendOutcome } from "#ports/satellite.ts";
import { SatelliteHello, type ServerCommand } from "#protocol/satellite.ts";

type HubState = Parameters<Satellite["state"]>[0];

/** Something the hub did to the satellite, in order. Audio is in `played`, which only counts what was not dropped. */
export type SatelliteCall =
  | { readonly kind: "audio"; readonly bytes: number; readonly outcome: SendOutcome }
  | { readonly kind: "speech-start" | "speech-end" | "stop-playback"; readonly turn: string }
  | { readonly kind: "command"; readonly command: ServerCommand }
  | { readonly kind: "state"; readonly state: HubState }
  | { readonly kind: "session-end" }
  | { readonly kind: "close"; readonly code: number; readonly reason: string };

export interface FakeSatelliteOptions {
  readonly id?: string;
  readonly sessionId?: string;
  readonly hello?: Partial<SatelliteHello>;
  readonly dialect?: Satellite["dialect"];
  readonly remoteAddress?: string;
  /** Defaults to what the dialect and the capability `playback_position` say. */
  readonly reportsPlayback?: boolean;
  /** Consulted per chunk, in order; when used up, everything is sent. */
  readonly outcomes?: readonly SendOutcome[];
  /** What `captureImage` resolves with; absent is a satellite without a camera. */
  readonly picture?: Uint8Array;
}

/**
 * A satellite in memory: records what the hub does to it, and says what the test makes it say.
 *
 * Connect it by setting `listener`. Scripted congestion lasts until `drain()`; a scripted drop loses the link.
 */
export class FakeSatellite implements Satellite {
  readonly id: string;
  readonly sessionId: string;
  readonly remoteAddress: string;
  readonly dialect: Satellite["dialect"];
  readonly reportsPlayback: boolean;
  readonly calls: SatelliteCall[] = [];
  /** What the satellite says goes here. */
  listener: SatelliteListener | undefined;
  #hello: SatelliteHello;
  readonly #outcomes: SendOutcome[];
  readonly #picture: Uint8Array | undefined;
  readonly #played: Uint8Array[] = [];
  #connected = true;
  #streaming = true;
  #speaking = false;
  #framesIn = 0;
  #errors = 0;
  #congestion: PromiseWithResolvers<void> | undefined;

  constructor(options: FakeSatelliteOptions = {}) {
    this.id = options.id ?? "kitchen";
    this.sessionId = options.sessionId ?? `session-${this.id}`;
    this.remoteAddress = options.remoteAddress ?? "192.0.2.1";
    this.dialect = options.dialect ?? "hearth";
    this.#hello = SatelliteHello.parse({ id: this.id, ...options.hello });
    this.reportsPlayback =
      options.reportsPlayback ??
      (this.dialect === "flat" || this.#hello.capabilities.includes("playback_position"));
    this.#outcomes = [...(options.outcomes ?? [])];
    this.#picture = options.picture;
  }

  get hello(): SatelliteHello {
    return this.#hello;
  }

  /** All speech that was not dropped, joined. */
  get played(): Uint8Array {
    return Buffer.concat(this.#played);
  }

  get commands(): ServerCommand[] {
    return this.calls.filter((call) => call.kind === "command").map(({ command }) => command);
  }

  get states(): HubState[] {
    return this.calls.filter((call) => call.kind === "state").map(({ state }) => state);
  }

  startAudioStreaming(): void {
    this.#streaming = true;
  }

  stopAudioStreaming(): void {
    this.#streaming = false;
  }

  playAudioChunk(pcm: Uint8Array): SendOutcome {
    const outcome = this.#connected ? (this.#outcomes.shift() ?? "sent") : "dropped";
    this.calls.push({ kind: "audio", bytes: pcm.byteLength, outcome });
    if (outcome === "dropped") {
      this.#errors += 1;
      this.drop(1013, "reads too slowly");
      return outcome;
    }
    this.#played.push(pcm.slice());
    if (outcome === "congested") this.#congestion ??= Promise.withResolvers<void>();
    return outcome;
  }

  drained(signal: AbortSignal): Promise<void> {
    if (signal.aborted) return Promise.reject(signal.reason);
    const congestion = this.#congestion;
    if (!congestion) return Promise.resolve();
    return new Promise((resolve, reject) => {
      signal.addEventListener("abort", () => reject(signal.reason), { once: true });
      void congestion.promise.then(resolve);
    });
  }

  speechStart(turn: string): void {
    this.#speaking = true;
    this.calls.push({ kind: "speech-start", turn });
  }

  speechEnd(turn: string): void {
    this.#speaking = false;
    this.calls.push({ kind: "speech-end", turn });
  }

  stopAudioPlayback(turn: string): void {
    this.#speaking = false;
    this.calls.push({ kind: "stop-playback", turn });
  }

  command(command: ServerCommand): void {
    this.calls.push({ kind: "command", command });
  }

  state(state: HubState): void {
    this.calls.push({ kind: "state", state });
  }

  sessionEnd(): void {
    this.calls.push({ kind: "session-end" });
  }

  captureImage(signal: AbortSignal): Promise<Uint8Array | undefined> {
    if (signal.aborted) return Promise.reject(signal.reason);
    return Promise.resolve(this.#connected ? this.#picture : undefined);
  }

  status(): SatelliteStatus {
    return {
      is_connected: this.#connected,
      audio_streaming: this.#connected && this.#streaming,
      audio_playing: this.#connected && this.#speaking,
      last_activity: null,
      error_count: this.#errors,
      last_error: this.#errors === 0 ? null : "dropped",
      statistics: {
        audio_chunks_received: this.#framesIn,
        audio_chunks_played: this.#played.length,
        total_audio_bytes_in: this.#framesIn * 640,
        total_audio_bytes_out: this.#played.reduce((sum, chunk) => sum + chunk.byteLength, 0),
        messages_rejected: 0,
        connection_time: 0,
      },
    };
  }

  isConnected(): boolean {
    return this.#connected;
  }

  close(code: number, reason: string): void {
    if (!this.#connected) return;
    this.calls.push({ kind: "close", code, reason });
    this.drop(code, reason);
  }

  /** The microphone hears one frame. */
  hear(frame: PcmFrame): void {
    if (!this.#connected) return;
    this.#framesIn += 1;
    if (this.#streaming) this.listener?.frame(frame);
  }

  /** The satellite says hello again. */
  introduce(hello: Partial<SatelliteHello>): void {
    this.#hello = SatelliteHello.parse({ ...this.#hello, ...hello });
    this.listener?.hello(this.#hello);
  }

  press(source = "button", action = "pressed"): void {
    this.listener?.event({ source, action });
  }

  /** The socket has taken what was queued. */
  drain(): void {
    this.#congestion?.resolve();
    this.#congestion = undefined;
  }

  /** The link is lost. */
  drop(code = 1006, reason = "connection lost"): void {
    if (!this.#connected) return;
    this.#connected = false;
    this.drain();
    this.listener?.gone({ code, reason });
  }
}
