import { Framer, type PcmFrame } from "#core/pcm.ts";
import type { Clock } from "#ports/clock.ts";
import type { Log } from "#ports/log.ts";
import type { NewId } from "#ports/new-id.ts";
import type { Satellite, SatelliteListener } from "#ports/satellite.ts";
import type { Socket, SocketHandler } from "#ports/socket.ts";
import {
  type ClientStatus,
  type ParsedSatelliteText,
  parseSatelliteText,
  type SatelliteEvent,
  SatelliteHello,
  type SatelliteMessage,
} from "#protocol/satellite.ts";
import { SatelliteCounters } from "./satellite-counters.ts";
import { type Dialect, SatelliteLink } from "./satellite-link.ts";

/** Where connections report; the transport's register of satellites. */
export interface SatelliteRegister {
  /** Make room for a satellite, replacing an older link of the same identity. False when there is none. */
  admit(link: SatelliteLink): boolean;
  /** Hand an admitted satellite to the hub. */
  announce(link: SatelliteLink): SatelliteListener;
  leave(link: SatelliteLink, reason: GoneReason): void;
  clientStatus(satellite: Satellite, status: ClientStatus): void;
  event(satellite: Satellite, event: SatelliteEvent): void;
}

export interface SatelliteConnectionDeps {
  readonly clock: Clock;
  readonly newId: NewId;
  readonly log: Log;
  readonly register: SatelliteRegister;
}

/** What the upgrade request said about who connects. */
export interface Introduction {
  readonly tokenId: string | undefined;
  readonly device: string | undefined;
}

type State =
  /** Nobody knows yet who this is: hello may still come. */
  | { readonly kind: "anonymous" }
  | { readonly kind: "joined"; readonly link: SatelliteLink; readonly listener: SatelliteListener }
  | { readonly kind: "gone"; readonly reason: GoneReason };

interface GoneReason {
  readonly code: number;
  readonly reason: string;
}

/**
 * How long a silent connection is left to introduce itself before it goes by its URL or address.
 *
 * Firmware says hello as soon as it is connected, so this is one bad Wi-Fi round trip.
 */
const HELLO_WAIT_MS = 250;

/** Said to the listener of an identity that its satellite has left for another one, on the same connection. */
const RENAMED: GoneReason = { code: 4001, reason: "renamed" };

/**
 * One socket of a satellite: bytes in, frames and messages to the hub.
 *
 * The satellite joins under the first identity that is certain: at once with a token, on `hello`, on its first
 * audio or event, or after `HELLO_WAIT_MS`. A `hello` with another id later on makes it leave and join anew, so
 * that a `Satellite` never changes who it is; audio goes on without losing a sample.
 */
export class SatelliteConnection implements SocketHandler {
  readonly #deps: SatelliteConnectionDeps;
  readonly #socket: Socket;
  readonly #introduction: Introduction;
  readonly #counters: SatelliteCounters;
  readonly #framer = new Framer();
  readonly #waiting = new AbortController();
  /** The last hello; the defaults until one comes. */
  #hello = SatelliteHello.parse({});
  #dialect: Dialect = "plain";
  /** A status that came before it was known whose it is. */
  #earlyStatus: ClientStatus | undefined;
  #state: State = { kind: "anonymous" };

  constructor(deps: SatelliteConnectionDeps, socket: Socket, introduction: Introduction) {
    this.#deps = deps;
    this.#socket = socket;
    this.#introduction = introduction;
    this.#counters = new SatelliteCounters(deps.clock);
  }

  /** Join at once when the token says who it is, else wait a little for a hello. */
  opened(): void {
    if (this.#introduction.tokenId !== undefined) {
      this.#join();
      return;
    }
    this.#deps.clock.sleep(HELLO_WAIT_MS, this.#waiting.signal).then(
      () => this.#joinUnasked(),
      () => undefined,
    );
  }

  binary(bytes: Uint8Array): void {
    this.#counters.heard(bytes.byteLength);
    if (this.#joined()) this.#framer.push(bytes, this.#deliver);
  }

  text(text: string): void {
    if (this.#state.kind === "gone") return;
    this.#counters.active();
    const parsed = parseSatelliteText(text);
    if (!parsed.ok) {
      this.#reject(parsed.problem);
      return;
    }
    this.#receive(parsed);
  }

  drain(): void {
    if (this.#state.kind === "joined") this.#state.link.socketDrained();
  }

  close(code: number, reason: string): void {
    if (this.#state.kind === "gone") return;
    this.#waiting.abort();
    this.#leave({ code, reason });
    this.#state = { kind: "gone", reason: { code, reason } };
  }

  // A field, not a method: one function for all frames instead of one closure per message.
  readonly #deliver = (frame: PcmFrame): void => {
    const state = this.#state;
    if (state.kind === "joined" && state.link.streaming) state.listener.frame(frame);
  };

  #receive({ message, dialect }: Extract<ParsedSatelliteText, { ok: true }>): void {
    if (message.type === "hello") {
      this.#introduce(message.payload);
      return;
    }
    if (dialect === "flat" && this.#dialect === "plain") this.#dialect = "flat";
    if (message.type === "client_status" && this.#state.kind === "anonymous") {
      // Firmware may report before it says hello; that alone does not fix its identity.
      this.#earlyStatus = message.payload;
      return;
    }
    const state = this.#joined();
    if (!state) return;
    if (dialect === "flat") state.link.spokeFlat();
    this.#dispatch(message, state.link, state.listener);
  }

  #dispatch(
    message: Exclude<SatelliteMessage, { type: "hello" }>,
    link: SatelliteLink,
    listener: SatelliteListener,
  ): void {
    switch (message.type) {
      case "client_status":
        this.#deps.register.clientStatus(link, message.payload);
        return;
      case "event":
        this.#event(message.payload, link, listener);
        return;
      case "session_end":
        this.#event({ source: "session", action: "end" }, link, listener);
        return;
      case "playback_position":
        listener.playbackPosition(message.payload.turn, message.payload.samples);
        return;
      case "playback_complete":
        link.playbackCompleted();
        listener.playbackComplete(message.payload.turn);
        return;
      case "image": {
        const problem = link.receivedImage(message.payload);
        if (problem !== undefined) this.#reject(problem);
        return;
      }
      case "text":
        listener.text(message.payload.text);
        return;
    }
  }

  #event(event: SatelliteEvent, link: SatelliteLink, listener: SatelliteListener): void {
    this.#deps.register.event(link, event);
    listener.event(event);
  }

  #introduce(hello: SatelliteHello): void {
    this.#hello = hello;
    this.#dialect = "hearth";
    const state = this.#state;
    if (state.kind === "joined" && state.link.id === this.#identity()) {
      state.link.introduced(hello);
    } else if (state.kind === "joined") {
      this.#leave(RENAMED);
    }
    const joined = this.#joined();
    if (joined) joined.listener.hello(hello);
  }

  #identity(): string {
    const { tokenId, device } = this.#introduction;
    return tokenId ?? this.#hello.id ?? device ?? this.#socket.remoteAddress;
  }

  /** The joined state, joining if that has not happened yet; undefined when gone or refused. */
  #joined(): Extract<State, { kind: "joined" }> | undefined {
    if (this.#state.kind === "anonymous") this.#join();
    return this.#state.kind === "joined" ? this.#state : undefined;
  }

  #join(): void {
    this.#waiting.abort();
    const { register, clock, newId } = this.#deps;
    const link = new SatelliteLink(
      {
        clock,
        newId,
        socket: this.#socket,
        counters: this.#counters,
        close: (code, reason) => this.#end(code, reason),
      },
      {
        id: this.#identity(),
        hello: this.#hello,
        dialect: this.#dialect,
        paired: this.#introduction.tokenId !== undefined,
      },
    );
    if (!register.admit(link)) {
      this.#end(1013, "Service busy");
      return;
    }
    link.greet();
    const listener = register.announce(link);
    const gone = this.#goneReason();
    this.#state = { kind: "joined", link, listener };
    // Whoever was told of the satellite may have closed it at once, and only now has a listener to be told.
    if (gone) this.close(gone.code, gone.reason);
    else this.#passOnEarlyStatus(link);
  }

  /** Join because nobody spoke in time. No socket event is under way here, so nobody else would catch a bug. */
  #joinUnasked(): void {
    try {
      this.#joined();
    } catch (error) {
      this.#deps.log.error("a satellite could not be taken", {
        error: error instanceof Error ? error.name : typeof error,
      });
      this.#end(1011, "internal error");
    }
  }

  #goneReason(): GoneReason | undefined {
    return this.#state.kind === "gone" ? this.#state.reason : undefined;
  }

  #passOnEarlyStatus(link: SatelliteLink): void {
    const status = this.#earlyStatus;
    this.#earlyStatus = undefined;
    if (status) this.#deps.register.clientStatus(link, status);
  }

  /** Close the socket and be gone, whether or not the socket reports it before this returns. */
  #end(code: number, reason: string): void {
    this.#socket.close(code, reason);
    this.close(code, reason);
  }

  #leave(reason: GoneReason): void {
    const state = this.#state;
    if (state.kind !== "joined") return;
    this.#state = { kind: "anonymous" };
    state.link.ended();
    try {
      state.listener.gone(reason);
    } finally {
      this.#deps.register.leave(state.link, reason);
    }
  }

  #reject(problem: string): void {
    const count = this.#counters.rejected(problem);
    // Once is news; a satellite with broken firmware repeats itself all day.
    if (count > 1) return;
    const { remoteAddress } = this.#socket;
    this.#deps.log.warn("a satellite's message was not understood", { remoteAddress, problem });
  }
}
