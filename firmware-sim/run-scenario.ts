import { dirname, resolve } from "node:path";
import type { SimulatorArguments } from "./arguments.ts";
import type { SimulatorDeps } from "./run.ts";
import { runScenario, type StepResult } from "./scenario.ts";
import { parseScenario, type Sound } from "./scenario-schema.ts";
import { readWav } from "./sources.ts";

/** Play a scenario file and print each step; resolves with the exit code, 2 for a scenario with mistakes. */
export async function playScenarioFile(
  path: string,
  args: SimulatorArguments,
  deps: SimulatorDeps,
): Promise<number> {
  const file = Bun.file(path);
  if (!(await file.exists())) {
    deps.note(`There is no scenario ${path}.`);
    return 2;
  }
  const parsed = parseScenario(await file.text());
  if (!parsed.ok) {
    deps.note(`${path} has mistakes:\n${parsed.problems}`);
    return 2;
  }
  const result = await runScenario(parsed.scenario, {
    url: args.url,
    ...(args.token === undefined ? {} : { token: args.token }),
    clock: deps.clock,
    signal: deps.signal,
    sound: (sound) => soundOf(sound, dirname(path), deps),
    onStep: (step) => deps.print(args.json ? JSON.stringify({ kind: "step", ...step }) : stepLine(step)),
  });
  if (args.json) deps.print(JSON.stringify({ kind: "scenario", name: result.name, ok: result.ok }));
  else deps.print(`${result.ok ? "passed" : "FAILED"}: ${result.name}`);
  return result.ok ? 0 : 1;
}

function soundOf(sound: Sound, folder: string, deps: SimulatorDeps): Promise<Int16Array> {
  if ("wav" in sound) return readWav(resolve(folder, sound.wav));
  if (!deps.speak) throw new Error("Nothing here can speak: install flite or espeak-ng, or use wav.");
  return deps.speak(sound.text, deps.signal);
}

function stepLine(step: StepResult): string {
  const times = `${(step.startedMs / 1000).toFixed(2)}s +${Math.round(step.tookMs)}ms`;
  const end = step.problem === undefined ? "" : `: ${step.problem}`;
  return `${step.ok ? "ok  " : "FAIL"} ${step.number}. ${step.what} (${times})${end}`;
}
