import { expect, test } from "bun:test";
import { FRAME_SAMPLES } from "#core/pcm.ts";
import type { Satellite } from "#ports/satellite.ts";
import type { RecordingSatelliteListener } from "./recording-satellite-listener.ts";

/** A connected satellite with a camera, and a hand on its other end. */
export interface SatelliteHarness extends AsyncDisposable {
  readonly satellite: Satellite;
  readonly listener: RecordingSatelliteListener;
  /** The microphone hears one frame of samples of this value. */
  hear(value: number): void;
  /** The button is pressed. */
  press(): void;
  /** Everything the speaker got so far, once `bytes` bytes have arrived. */
  speaker(bytes: number): Promise<Uint8Array>;
  /** Stop reading; `satellite.playAudioChunk` returns `congested` sooner or later. */
  stall(): void;
  /** Read on. */
  resume(): void;
  /** The power fails. */
  vanish(): void;
}

/** What every satellite must do, whoever carries its bytes. */
export function satelliteContract(name: string, open: () => Promise<SatelliteHarness>): void {
  const never = new AbortController().signal;

  test(`${name}: frames arrive in order from the start, without being asked for`, async () => {
    await using harness = await open();

    for (const value of [1, 2, 3]) harness.hear(value);
    await harness.listener.until(({ frames }) => frames.length === 3);

    expect(harness.listener.frames.map((frame) => [frame.length, frame[0]])).toEqual([
      [FRAME_SAMPLES, 1],
      [FRAME_SAMPLES, 2],
      [FRAME_SAMPLES, 3],
    ]);
  });

  test(`${name}: while streaming is off frames are counted and forgotten`, async () => {
    await using harness = await open();
    const { satellite, listener } = harness;

    satellite.stopAudioStreaming();
    harness.hear(1);
    harness.press();
    await listener.saying("event");
    const whileOff = satellite.status();
    satellite.startAudioStreaming();
    harness.hear(2);
    await listener.until(({ frames }) => frames.length === 1);

    expect(whileOff.audio_streaming).toBe(false);
    expect(whileOff.statistics.audio_chunks_received).toBe(1);
    expect(listener.frames.map((frame) => frame[0])).toEqual([2]);
    expect(satellite.status().statistics.audio_chunks_received).toBe(2);
  });

  test(`${name}: speech reaches the speaker unchanged and is counted`, async () => {
    await using harness = await open();
    const { satellite } = harness;
    const speech = Uint8Array.from({ length: 1024 }, (_, index) => index % 251);

    satellite.speechStart("turn-1");
    const outcomes = [satellite.playAudioChunk(speech), satellite.playAudioChunk(speech.subarray(0, 640))];
    const during = satellite.status();
    satellite.speechEnd("turn-1");

    expect(outcomes).toEqual(["sent", "sent"]);
    expect(await harness.speaker(1664)).toEqual(Buffer.concat([speech, speech.subarray(0, 640)]));
    expect(during.audio_playing).toBe(true);
    expect(during.statistics.audio_chunks_played).toBe(2);
    expect(during.statistics.total_audio_bytes_out).toBe(1664);
  });

  test(`${name}: a status is a copy that later changes do not reach`, async () => {
    await using harness = await open();
    const before = harness.satellite.status();
    const kept = structuredClone(before);

    harness.satellite.playAudioChunk(new Uint8Array(640));

    expect(before).toEqual(kept);
    expect(harness.satellite.status().statistics.audio_chunks_played).toBe(1);
  });

  test(`${name}: a speaker that does not read congests, and drains when it reads on`, async () => {
    await using harness = await open();
    const { satellite } = harness;
    harness.stall();
    let sent = 0;
    while (satellite.playAudioChunk(new Uint8Array(1024)) === "sent") sent += 1;

    const drained = satellite.drained(never);
    harness.resume();
    await drained;

    expect(satellite.playAudioChunk(new Uint8Array(640))).toBe("sent");
    expect((await harness.speaker((sent + 1) * 1024 + 640)).byteLength).toBe((sent + 1) * 1024 + 640);
  });

  test(`${name}: waiting for a drain ends with the signal's reason, or with the link`, async () => {
    await using harness = await open();
    const { satellite, listener } = harness;
    await satellite.drained(never);
    harness.stall();
    while (satellite.playAudioChunk(new Uint8Array(1024)) === "sent");
    const controller = new AbortController();
    const reason = new Error("barge-in");

    const cancelled = satellite.drained(controller.signal);
    const ended = satellite.drained(never);
    controller.abort(reason);
    satellite.close(1000, "");
    await listener.saying("gone");

    await expect(cancelled).rejects.toBe(reason);
    await ended;
    await expect(satellite.drained(AbortSignal.abort(reason))).rejects.toBe(reason);
  });

  test(`${name}: losing the link is told once and last, and nothing throws afterwards`, async () => {
    await using harness = await open();
    const { satellite, listener } = harness;

    harness.vanish();
    await listener.saying("gone");
    satellite.speechStart("turn-1");
    const outcome = satellite.playAudioChunk(new Uint8Array(640));
    satellite.speechEnd("turn-1");
    satellite.stopAudioPlayback("turn-1");
    satellite.command({ command: "play_tone", tone: "ack" });
    satellite.state({ listening: true, speaking: false, turnState: "listening" });
    satellite.sessionEnd();
    satellite.close(1000, "");

    expect(outcome).toBe("dropped");
    expect(satellite.isConnected()).toBe(false);
    expect(await satellite.captureImage(never)).toBeUndefined();
    expect(satellite.status()).toMatchObject({
      is_connected: false,
      audio_streaming: false,
      audio_playing: false,
    });
    expect(satellite.status().error_count).toBeGreaterThan(0);
    expect(listener.said).toEqual([{ kind: "gone", code: 1006, reason: "connection lost" }]);
  });

  test(`${name}: the hub closing the link is told with its own code`, async () => {
    await using harness = await open();

    harness.satellite.close(1001, "shutdown");
    await harness.listener.saying("gone");

    expect(harness.listener.said).toEqual([{ kind: "gone", code: 1001, reason: "shutdown" }]);
    expect(harness.satellite.isConnected()).toBe(false);
  });

  test(`${name}: a picture is a JPEG, and an aborted request for one rejects with the reason`, async () => {
    await using harness = await open();
    const reason = new Error("stop");

    const picture = await harness.satellite.captureImage(never);

    expect(picture?.subarray(0, 3)).toEqual(new Uint8Array([0xff, 0xd8, 0xff]));
    await expect(harness.satellite.captureImage(AbortSignal.abort(reason))).rejects.toBe(reason);
  });
}
