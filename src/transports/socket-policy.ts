import type { Clock } from "#ports/clock.ts";
import type { MeterVerdict, SocketMeter, SocketPolicy } from "#ports/socket.ts";

/**
 * What each class of socket may cost.
 *
 * Bun has no inbound backpressure and drops sends silently past its own limit (Bun 1.4), so every socket is metered
 * on what it sends and bounded in what waits for it. A peer that breaks a limit is closed with a code that says
 * which: 1008 flood, 1009 message too big, 1013 reads too slowly, 4401 never authenticated.
 */

/** Bytes per second of 16 kHz 16-bit mono: a microphone in real time. */
const REAL_TIME_BYTES = 32_000;

/** An ESP32, or anything with a microphone, on the satellite link. */
export const SATELLITE_SOCKET: SocketPolicy = {
  name: "satellite",
  // 8 s of PCM in one message, or a JPEG of 190 KB in base64: more than any satellite can hold.
  maxPayloadBytes: 256 * 1024,
  // Eight times real time: a WAV replayed fast, or Wi-Fi that catches up after an outage.
  bytesPerSecond: 8 * REAL_TIME_BYTES,
  // Four seconds of that rate, which is 32 s of audio held back by a bad link and delivered at once.
  burstBytes: 4 * 8 * REAL_TIME_BYTES,
  // 20 ms messages at eight times real time are 400/s; the rest is for status and events.
  messagesPerSecond: 500,
  burstMessages: 2_000,
  // 8 s of speech. Playback leads by at most 0.3 s, so only a reader that has stopped gets here.
  backpressureBytes: 256 * 1024,
  // Bun pings after 4 s of silence and closes after 8 s: a lost satellite is known within 10 s.
  idleTimeoutMs: 8_000,
  // A token comes with the upgrade request, so this is only for peers let in to authenticate afterwards.
  authDeadlineMs: 5_000,
};

/** A reader of the event feed: it says little and is told much. */
export const FEED_SOCKET: SocketPolicy = {
  name: "feed",
  // `subscribe` messages and acknowledgements only.
  maxPayloadBytes: 16 * 1024,
  bytesPerSecond: 16 * 1024,
  burstBytes: 64 * 1024,
  messagesPerSecond: 50,
  burstMessages: 200,
  // About 3,000 events of 300 bytes; a slower reader resumes by seq instead of being buffered for.
  backpressureBytes: 1024 * 1024,
  idleTimeoutMs: 8_000,
  authDeadlineMs: 5_000,
};

const PASS: MeterVerdict = { kind: "pass" };

/**
 * Messages and bytes that may pass before the clock is read again: 0.6 s of a microphone.
 *
 * Reading the clock for every frame is a sixth of what receiving it costs.
 */
const GROUP_MESSAGES = 32;
const GROUP_BYTES = 32 * 1024;

/**
 * Two token buckets, bytes and messages, fed with sizes and the clock.
 *
 * A fresh meter holds a full burst. Messages that the buckets can pay for anyway are settled in groups; the group
 * is paid after refilling, so grouping never lets more pass. Time in which the hub itself was busy refills like any
 * other, so a backlog that piled up behind a stall is not taken for a flood.
 */
export class PolicyMeter implements SocketMeter {
  readonly #policy: SocketPolicy;
  readonly #clock: Clock;
  #bytes: number;
  #messages: number;
  #refilledAt: number;
  #groupBytes = 0;
  #groupMessages = 0;

  constructor(policy: SocketPolicy, clock: Clock) {
    this.#policy = policy;
    this.#clock = clock;
    this.#bytes = policy.burstBytes;
    this.#messages = policy.burstMessages;
    this.#refilledAt = clock.now();
  }

  take(bytes: number): MeterVerdict {
    if (bytes > this.#policy.maxPayloadBytes) return { kind: "close", code: 1009, reason: "message too big" };
    this.#groupBytes += bytes;
    this.#groupMessages += 1;
    const isPaid = this.#groupBytes <= this.#bytes && this.#groupMessages <= this.#messages;
    if (isPaid && this.#groupBytes < GROUP_BYTES && this.#groupMessages < GROUP_MESSAGES) return PASS;
    return this.#settle();
  }

  #settle(): MeterVerdict {
    const policy = this.#policy;
    const now = this.#clock.now();
    const seconds = (now - this.#refilledAt) / 1000;
    this.#refilledAt = now;
    this.#bytes =
      Math.min(policy.burstBytes, this.#bytes + seconds * policy.bytesPerSecond) - this.#groupBytes;
    this.#messages =
      Math.min(policy.burstMessages, this.#messages + seconds * policy.messagesPerSecond) -
      this.#groupMessages;
    this.#groupBytes = 0;
    this.#groupMessages = 0;
    if (this.#bytes < 0) return { kind: "close", code: 1008, reason: "too many bytes per second" };
    if (this.#messages < 0) return { kind: "close", code: 1008, reason: "too many messages per second" };
    return PASS;
  }
}
