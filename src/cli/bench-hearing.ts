import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { defaultDataDir } from "#adapters/system/data-dir.ts";
import { englishCommands } from "#assistant/command-grammar.ts";
import type { Config } from "#config/schema.ts";
import { type Corpus, readCorpus } from "./bench-hearing-corpus.ts";
import { measureEndpoint } from "./bench-hearing-endpoint.ts";
import { loadInstalled } from "./bench-hearing-engines.ts";
import { measureLoad } from "./bench-hearing-load.ts";
import { measureOrders } from "./bench-hearing-orders.ts";
import { type Figure, figureTable } from "./bench-hearing-result.ts";
import type { Condition } from "./bench-hearing-room.ts";
import { measureVoice, measureWords } from "./bench-hearing-speech.ts";
import { measureWake } from "./bench-hearing-wake.ts";
import type { Command } from "./command.ts";
import { checkoutFolder, readConfig } from "./hub-process.ts";

const CONDITIONS: readonly Condition[] = ["clean", "noise", "reverb"];
const MB = 1024 * 1024;

/** Measure the installed engines on recordings, faster than real time. */
export const command: Command = {
  summary: "measure how well the installed engines hear",
  usage: `hearth bench hearing [FOLDER] [--conditions LIST] [--limit N] [--data DIR] [--config FILE] [--json]

Measures the configured engines, of several recognisers the first, on a folder of recordings, as fast as the
machine can.

  FOLDER             recordings with a MANIFEST.tsv (default: HEARTH_SPEECH, else ../shared/speech of a checkout);
                     its columns "file" and "transcript" are read; wake phrases are below wake/, background noise
                     below noise/; a transcript in [brackets] is a description, and one like
                     "[slots] size=large; roast=dark roast" says what an order means
  --conditions LIST  clean, noise (10 dB) and reverb, separated by commas (default: all)
  --limit N          at most N clips of each kind
  --data DIR         the data directory, for models (default: HEARTH_DATA, else ~/.local/share/hearth)
  --config FILE      the configuration: engines, phrases and the silence that ends an utterance
  --json             print the figures as JSON`,
  async run(argv) {
    const called = parsed(argv);
    if (typeof called === "string") {
      console.error(`hearth bench hearing: ${called}\n\n${command.usage}`);
      return 2;
    }
    const loaded = readConfig(called.dataDir, called.config);
    if (!loaded.ok) {
      for (const problem of loaded.problems) console.error(`hearth bench hearing: ${problem}`);
      return 2;
    }
    let corpus: Corpus;
    try {
      corpus = readCorpus(called.folder);
    } catch (error) {
      console.error(`hearth bench hearing: ${error instanceof Error ? error.message : String(error)}`);
      return 1;
    }
    const figures = await measured(loaded.config, corpus, called);
    console.log(called.json ? JSON.stringify(figures, null, 2) : `\n${figureTable(figures)}`);
    return 0;
  },
};

interface Called {
  readonly folder: string;
  readonly conditions: readonly Condition[];
  readonly limit: number;
  readonly dataDir: string;
  readonly config: string | undefined;
  readonly json: boolean;
}

function parsed(argv: readonly string[]): Called | string {
  try {
    const { values, positionals } = parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: {
        conditions: { type: "string" },
        limit: { type: "string" },
        data: { type: "string" },
        config: { type: "string" },
        json: { type: "boolean", default: false },
      },
    });
    const { HEARTH_SPEECH } = process.env;
    const [folder = HEARTH_SPEECH ?? join(checkoutFolder(), "..", "shared", "speech"), ...more] = positionals;
    if (more.length > 0) return "It takes one folder.";
    if (!existsSync(folder)) return `There is no folder ${folder}.`;
    const names = values.conditions?.split(",") ?? CONDITIONS;
    const conditions = CONDITIONS.filter((condition) => names.includes(condition));
    if (conditions.length !== names.length) return `--conditions takes ${CONDITIONS.join(", ")}.`;
    const limit = values.limit === undefined ? Number.POSITIVE_INFINITY : Number(values.limit);
    if (!(limit >= 1)) return "--limit takes a number of clips.";
    const dataDir = values.data ?? defaultDataDir(process.env);
    return { folder, conditions, limit, dataDir, config: values.config, json: values.json };
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

async function measured(config: Config, corpus: Corpus, called: Called): Promise<Figure[]> {
  const progress = (what: string) => console.error(`  ${what}`);
  const cacheDir = join(called.dataDir, "cache");
  mkdirSync(cacheDir, { recursive: true });
  const before = process.memoryUsage.rss();
  await using engines = await loadInstalled(config, { dataDir: called.dataDir, cacheDir });
  for (const problem of engines.problems) console.error(`hearth bench hearing: ${problem}`);
  const afterLoad = process.memoryUsage.rss();

  const { limit, conditions } = called;
  const figures: Figure[] = [];
  const { hearing, voiceActivity, speechToText, textToSpeech } = engines;
  const wakeWord = hearing ?? engines.wakeWord;
  const { phrases } = config.wake;
  const commands = englishCommands();
  if (wakeWord)
    figures.push(...(await measureWake(wakeWord, corpus, { conditions, limit, phrases, progress })));
  if (hearing) {
    figures.push(...(await measureOrders(hearing, corpus, { conditions, limit, progress })));
    hearing.setVocabulary({ grammar: commands.source });
  }
  // The recognisers behind the first only stand in for it.
  for (const engine of speechToText.slice(0, 1)) {
    const { language } = config.assistant;
    figures.push(...(await measureWords(engine, corpus, { limit, commands, language, progress })));
  }
  if (voiceActivity) {
    const { no_speech_ms: noSpeechMs, max_utterance_ms: maxUtteranceMs } = config.turn;
    const silenceMs = config.satellites.defaults.silence_ms;
    figures.push(
      ...(await measureEndpoint({ voiceActivity, hearing }, corpus, {
        commands,
        silenceMs,
        noSpeechMs,
        maxUtteranceMs,
        limit,
        progress,
      })),
    );
  }
  if (wakeWord && voiceActivity) {
    progress("CPU");
    hearing?.setVocabulary({ grammar: commands.source });
    figures.push(...(await measureLoad({ wakeWord, hearing }, voiceActivity, corpus, phrases)));
  }
  const afterHearing = process.memoryUsage.rss();
  for (const engine of textToSpeech) figures.push(...(await measureVoice(engine)));
  const memory = (what: string, bytes: number, of: string): Figure => {
    return { about: "memory", what, value: bytes / MB, unit: "MB", of };
  };
  return [
    ...figures,
    memory("all engines loaded", afterLoad, `RSS of this process; ${(before / MB).toFixed(0)} MB before`),
    memory("after all the hearing", afterHearing, "RSS of this process"),
    memory("after the voices have spoken", process.memoryUsage.rss(), "RSS of this process"),
  ];
}
