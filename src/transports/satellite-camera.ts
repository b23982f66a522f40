import type { Clock } from "#ports/clock.ts";
import type { NewId } from "#ports/new-id.ts";
import type { SatelliteMessage } from "#protocol/satellite.ts";

type ImagePayload = Extract<SatelliteMessage, { type: "image" }>["payload"];

export interface SatelliteCameraDeps {
  readonly clock: Clock;
  readonly newId: NewId;
  /** Send the `capture_image` command. */
  ask(request: string): void;
}

interface Pending {
  readonly request: string;
  readonly picture: Promise<Uint8Array | undefined>;
  settle(picture: Uint8Array | undefined): void;
}

/** How long a satellite may take for a picture: an ESP32-CAM needs 1 to 3 s with flash, and Wi-Fi retries. */
const CAPTURE_TIMEOUT_MS = 10_000;

/** Asks one satellite for pictures, one at a time; whoever asks meanwhile gets the same picture. */
export class SatelliteCamera {
  readonly #deps: SatelliteCameraDeps;
  #pending: Pending | undefined;

  constructor(deps: SatelliteCameraDeps) {
    this.#deps = deps;
  }

  /** One JPEG; undefined after 10 s or when the link ends. Rejects with the signal's reason. */
  capture(signal: AbortSignal): Promise<Uint8Array | undefined> {
    if (signal.aborted) return Promise.reject(signal.reason);
    const { picture } = this.#pending ?? this.#ask();
    return new Promise((resolve, reject) => {
      const onAbort = () => reject(signal.reason);
      signal.addEventListener("abort", onAbort, { once: true });
      void picture.then((result) => {
        signal.removeEventListener("abort", onAbort);
        resolve(result);
      });
    });
  }

  /** Take an `image` message. Returns what is wrong with it, if anything; a picture nobody waits for is fine. */
  receive(image: ImagePayload): string | undefined {
    const pending = this.#pending;
    if (!pending || (image.request !== undefined && image.request !== pending.request)) return undefined;
    if (image.data === undefined) {
      // The hub fetches nothing that a satellite names: that would let it reach into the network.
      pending.settle(undefined);
      return "image without data";
    }
    const bytes = Buffer.from(image.data, "base64");
    const isJpeg = bytes[0] === 0xff && bytes[1] === 0xd8 && bytes[2] === 0xff;
    pending.settle(isJpeg ? new Uint8Array(bytes) : undefined);
    return isJpeg ? undefined : "image is not a JPEG";
  }

  /** The link is gone: whoever waits gets no picture. */
  gone(): void {
    this.#pending?.settle(undefined);
  }

  #ask(): Pending {
    const { clock, newId, ask } = this.#deps;
    const request = newId("image");
    const lapse = new AbortController();
    const { promise, resolve } = Promise.withResolvers<Uint8Array | undefined>();
    const pending: Pending = {
      request,
      picture: promise,
      settle: (picture) => {
        this.#pending = undefined;
        lapse.abort();
        resolve(picture);
      },
    };
    this.#pending = pending;
    clock.sleep(CAPTURE_TIMEOUT_MS, lapse.signal).then(
      () => pending.settle(undefined),
      () => undefined,
    );
    ask(request);
    return pending;
  }
}
