import type { PcmFrame } from "#core/pcm.ts";
import type { SatelliteEvent, SatelliteHello, ServerCommand } from "#protocol/satellite.ts";

/** What became of a frame handed to a socket. */
export type SendOutcome = "sent" | "congested" | "dropped";

/** The original's six status fields and its statistics, as one snapshot. */
export interface SatelliteStatus {
  readonly is_connected: boolean;
  readonly audio_streaming: boolean;
  readonly audio_playing: boolean;
  /** Epoch seconds of the last message in either direction. */
  readonly last_activity: number | null;
  readonly error_count: number;
  readonly last_error: string | null;
  readonly statistics: {
    readonly audio_chunks_received: number;
    readonly audio_chunks_played: number;
    readonly total_audio_bytes_in: number;
    readonly total_audio_bytes_out: number;
    /** Text messages received that could not be understood: not JSON, no type, unknown type, bad payload. */
    readonly messages_rejected: number;
    /** Seconds since the link was made. */
    readonly connection_time: number;
  };
}

/** Everything a satellite says, delivered in order. Handlers are synchronous and must not block. */
export interface SatelliteListener {
  /** 20 ms of microphone audio. Only called while audio streaming is on. */
  frame(frame: PcmFrame): void;
  /** A button, an on-device wake, a mute switch. */
  event(event: SatelliteEvent): void;
  /** The satellite introduced or corrected itself. */
  hello(hello: SatelliteHello): void;
  /** How many samples of a turn's speech have been played. */
  playbackPosition(turn: string, samples: number): void;
  /** The speaker has played everything of a turn; without an id when the dialect has none. */
  playbackComplete(turn: string | undefined): void;
  /** Text typed at the satellite, to be treated as an utterance. */
  text(text: string): void;
  /** The link is gone. Nothing follows. */
  gone(reason: { readonly code: number; readonly reason: string }): void;
}

/**
 * One connected satellite, whoever carries its bytes. The original's `ESP32Service`.
 *
 * A satellite object lives as long as its link. Everything sent after the link is gone is dropped and counted;
 * nothing throws.
 */
export interface Satellite {
  /** Stable identity: from the token, else hello.id, else `?device=`, else the remote address. */
  readonly id: string;
  /** The conversation this link belongs to; a new one for every link. */
  readonly sessionId: string;
  /** What it says of itself; replaced by a later hello. */
  readonly hello: SatelliteHello;
  /** The remote address, for diagnostics. */
  readonly remoteAddress: string;
  /** Which wire dialect it speaks. */
  readonly dialect: "hearth" | "plain" | "flat";

  /** Begin to deliver `frame`; on by default, also after every reconnect. */
  startAudioStreaming(): void;
  /** Stop delivering `frame`; what arrives meanwhile is counted and forgotten. */
  stopAudioStreaming(): void;
  /**
   * Send speech. Chunks of at most 1024 bytes of s16le 16 kHz mono; the caller paces.
   *
   * `congested` means it was queued and the caller waits for `drained`; `dropped` means it is lost and the link
   * is closing.
   */
  playAudioChunk(pcm: Uint8Array): SendOutcome;
  /** Resolves when the socket has taken what was queued; rejects with the signal's reason. */
  drained(signal: AbortSignal): Promise<void>;
  /** Announce a turn's speech. Satellites that never said hello are not sent this. */
  speechStart(turn: string): void;
  /** All audio of a turn has been sent. */
  speechEnd(turn: string): void;
  /** Tell the satellite to fall silent and forget what it has buffered. */
  stopAudioPlayback(turn: string): void;
  /** Whether this satellite reports when it has played everything. */
  readonly reportsPlayback: boolean;
  command(command: ServerCommand): void;
  /** Tell it what the hub is doing; sent when something changed, and once on connect. */
  state(state: { readonly listening: boolean; readonly speaking: boolean; readonly turnState: string }): void;
  /** The microphone session has ended (flat dialect: `session_end`). */
  sessionEnd(): void;
  /**
   * Ask for one JPEG picture.
   *
   * Resolves with `undefined` when the satellite has no camera or does not answer within 10 s.
   */
  captureImage(signal: AbortSignal): Promise<Uint8Array | undefined>;
  /** A copy; later changes do not show in it. */
  status(): SatelliteStatus;
  isConnected(): boolean;
  close(code: number, reason: string): void;
}
