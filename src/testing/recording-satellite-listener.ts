import type { PcmFrame } from "#core/pcm.ts";
import type { SatelliteListener } from "#ports/satellite.ts";

/** What a satellite said, frames aside. */
export type SatelliteSaid =
  | { readonly kind: "event"; readonly source: string; readonly action: string }
  | { readonly kind: "hello"; readonly id: string | undefined }
  | { readonly kind: "position"; readonly turn: string; readonly samples: number }
  | { readonly kind: "complete"; readonly turn: string | undefined }
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "gone"; readonly code: number; readonly reason: string };

/** Keeps everything a satellite says and lets a test await it. */
export class RecordingSatelliteListener implements SatelliteListener {
  readonly frames: PcmFrame[] = [];
  readonly said: SatelliteSaid[] = [];
  readonly #waiting = new Set<() => void>();

  frame(frame: PcmFrame): void {
    this.frames.push(frame);
    this.#changed();
  }

  event(event: { source: string; action: string }): void {
    this.#say({ kind: "event", source: event.source, action: event.action });
  }

  hello(hello: { id?: string | undefined }): void {
    this.#say({ kind: "hello", id: hello.id });
  }

  playbackPosition(turn: string, samples: number): void {
    this.#say({ kind: "position", turn, samples });
  }

  playbackComplete(turn: string | undefined): void {
    this.#say({ kind: "complete", turn });
  }

  text(text: string): void {
    this.#say({ kind: "text", text });
  }

  gone({ code, reason }: { code: number; reason: string }): void {
    this.#say({ kind: "gone", code, reason });
  }

  /** All frames joined. */
  get samples(): Int16Array {
    const joined = new Int16Array(this.frames.reduce((sum, frame) => sum + frame.length, 0));
    let offset = 0;
    for (const frame of this.frames) {
      joined.set(frame, offset);
      offset += frame.length;
    }
    return joined;
  }

  /** Resolves when `isThere` is true, looking again after everything the satellite says. */
  until(isThere: (listener: RecordingSatelliteListener) => boolean): Promise<void> {
    return new Promise((resolve) => {
      const check = () => {
        if (!isThere(this)) return;
        this.#waiting.delete(check);
        resolve();
      };
      this.#waiting.add(check);
      check();
    });
  }

  /** Resolves when the satellite has said something of this kind. */
  saying(kind: SatelliteSaid["kind"], times = 1): Promise<void> {
    return this.until(({ said }) => said.filter((one) => one.kind === kind).length >= times);
  }

  #say(said: SatelliteSaid): void {
    this.said.push(said);
    this.#changed();
  }

  #changed(): void {
    for (const check of [...this.#waiting]) check();
  }
}
