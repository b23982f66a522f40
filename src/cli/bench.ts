import type { Command } from "./command.ts";

/** What can be measured from the installed program. */
const BENCHES: Readonly<Record<string, () => Promise<{ readonly command: Command }>>> = {
  hearing: () => import("./bench-hearing.ts"),
};

/** Measure the installed engines. */
export const command: Command = {
  summary: "measure how well the installed engines hear",
  usage: `hearth bench hearing [FOLDER] [--help]

  hearing   wake phrases, false alarms, word errors, end of speech and CPU, on a folder of recordings`,
  async run(argv) {
    const [name = "", ...rest] = argv;
    const load = Object.hasOwn(BENCHES, name) ? BENCHES[name] : undefined;
    if (!load) {
      console.error(
        `hearth bench: ${name === "" ? "Say what to measure." : `There is no "${name}".`}\n\n${command.usage}`,
      );
      return 2;
    }
    const { command: bench } = await load();
    return await bench.run(rest);
  },
};
