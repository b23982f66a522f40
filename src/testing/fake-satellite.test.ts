import { FRAME_SAMPLES } from "#core/pcm.ts";
import { FakeSatellite } from "./fake-satellite.ts";
import { RecordingSatelliteListener } from "./recording-satellite-listener.ts";
import { satelliteContract } from "./satellite-contract.ts";

satelliteContract("the fake satellite", () => {
  const satellite = new FakeSatellite({
    outcomes: ["sent", "sent", "congested"],
    picture: new Uint8Array([0xff, 0xd8, 0xff, 0xe0]),
  });
  const listener = new RecordingSatelliteListener();
  satellite.listener = listener;
  return Promise.resolve({
    satellite,
    listener,
    hear: (value) => satellite.hear(new Int16Array(FRAME_SAMPLES).fill(value)),
    press: () => satellite.press(),
    speaker: () => Promise.resolve(satellite.played),
    stall: () => undefined,
    resume: () => satellite.drain(),
    vanish: () => satellite.drop(),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  });
});
