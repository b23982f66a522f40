import type { IntentHandler, IntentReply } from "#assistant/intent.ts";
import { parseNumber, spokenNumber } from "#core/numbers.ts";

/** One step of "louder" and "quieter": a tenth of the range. */
const STEP = 0.1;
const NAMED_LEVELS: Readonly<Record<string, number>> = {
  maximum: 1,
  max: 1,
  full: 1,
  half: 0.5,
  minimum: 0.1,
};

/** The satellite's volume: 0..10, or 0..100 where "percent" or a number past ten is said. */
export const volumeIntents: Record<"volume-set" | "volume-up" | "volume-down", IntentHandler> = {
  "volume-set": ({ slots: { level = "", scale, named } }) => {
    if (named !== undefined) return volume(NAMED_LEVELS[named] ?? 1);
    const number = parseNumber(level.split(" "));
    if (number === undefined || number > 100)
      return { text: "The volume goes from zero to one hundred percent." };
    return volume(scale === undefined && number <= 10 ? number / 10 : number / 100);
  },
  "volume-up": () => ({ text: "Louder.", effects: [{ kind: "change-volume", by: STEP }] }),
  "volume-down": () => ({ text: "Quieter.", effects: [{ kind: "change-volume", by: -STEP }] }),
};

function volume(level: number): IntentReply {
  return {
    text: `Volume ${spokenNumber(Math.round(level * 100))} percent.`,
    effects: [{ kind: "set-volume", level }],
  };
}
