import { SIMULATOR_USAGE } from "#sim/arguments.ts";
import { simulatorProcess } from "#sim/simulator-process.ts";
import { type Speak, systemSpeak } from "#sim/sources.ts";
import type { Command } from "./command.ts";
import { engineSpeak } from "./demo-speech.ts";

/** Text is spoken by the machine's speech program, else by Hearth's own espeak-ng, loaded when first needed. */
const ownVoice: Speak = async (text, signal) => {
  const { espeakNg } = await import("#adapters/tts/espeak-ng.ts");
  return await engineSpeak(await espeakNg())(text, signal);
};

/** `hearth sim`: a satellite without hardware. */
export const command: Command = {
  summary: "a satellite without hardware, for trying and testing",
  usage: SIMULATOR_USAGE,
  run: (argv) => simulatorProcess(argv, systemSpeak() ?? ownVoice),
};
