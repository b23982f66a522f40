import type { ClientStatus } from "#protocol/satellite.ts";

/** Free heap of the original's ESP32 while streaming, in bytes. */
const HEAP_FREE_BYTES = 50_123;
/** A full battery lasts 50 hours. */
const BATTERY_MS = 180_000_000;

/** What a board measures of itself: signal strength that wanders, a battery that empties. */
export class Vitals {
  readonly #random: () => number;
  #wifiRssi = -55;

  constructor(random: () => number) {
    this.#random = random;
  }

  /** In dBm. */
  get wifiRssi(): number {
    return this.#wifiRssi;
  }

  /** 0..1. */
  batteryAfter(uptimeMs: number): number {
    return Math.max(0, 1 - uptimeMs / BATTERY_MS);
  }

  /** Measure anew. */
  status(uptimeMs: number): ClientStatus {
    const step = (this.#random() - 0.5) * 4;
    this.#wifiRssi = Math.round(Math.max(-90, Math.min(-35, this.#wifiRssi + step)));
    return {
      uptime_ms: Math.round(uptimeMs),
      heap_free: HEAP_FREE_BYTES,
      wifi_rssi: this.#wifiRssi,
      battery: this.batteryAfter(uptimeMs),
    };
  }
}
