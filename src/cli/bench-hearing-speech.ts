import { type CommandGrammar, commandsIn } from "#assistant/command-grammar.ts";
import { LIKELY_LLR } from "#core/command-likelihood.ts";
import { msOf, SAMPLE_RATE_HZ } from "#core/pcm.ts";
import type { SpeechToText, SttPart } from "#ports/speech-to-text.ts";
import type { TextToSpeech } from "#ports/text-to-speech.ts";
import { type Clip, type Corpus, soundOf } from "./bench-hearing-corpus.ts";
import { cpuMs, type Figure, percentile } from "./bench-hearing-result.ts";
import { framesOf, padded } from "./bench-hearing-room.ts";
import { wordErrors } from "./bench-hearing-words.ts";

/** What of the speech bench may differ from run to run. */
export interface SpeechOptions {
  readonly limit: number;
  readonly commands: CommandGrammar;
  readonly language: string;
  progress(what: string): void;
}

type SttFinal = Extract<SttPart, { kind: "final" }>;

/** How many words a recogniser gets wrong, by group and over the commands, and how many commands it gets through. */
export async function measureWords(
  engine: SpeechToText,
  corpus: Corpus,
  options: SpeechOptions,
): Promise<Figure[]> {
  const figures: Figure[] = [];
  const commands = { errors: 0, words: 0, clips: 0, right: 0 };
  const cpu = { usedMs: 0, audioMs: 0 };
  const finalMs: number[] = [];
  for (const [group, clips] of corpus.spoken) {
    options.progress(`words, ${engine.name}: ${group}`);
    const total = { errors: 0, words: 0 };
    const used = clips.slice(0, options.limit);
    for (const clip of used) {
      const said = clip.transcript ?? "";
      const heard = await transcribed(engine, corpus, clip, options.language, cpu);
      finalMs.push(heard.finalMs);
      const { errors, words } = wordErrors(said, heard.text);
      total.errors += errors;
      total.words += words;
      const meant = commandsIn(options.commands, said);
      if (!meant) continue;
      commands.clips += 1;
      commands.errors += errors;
      commands.words += words;
      const { command } = heard;
      const understood =
        command && command.llr > LIKELY_LLR ? [command] : commandsIn(options.commands, heard.text);
      if (JSON.stringify(meant.map(bare)) === JSON.stringify(understood?.map(bare))) commands.right += 1;
    }
    figures.push(wer(engine, group, total, `${total.words} words in ${used.length} clips`));
  }
  if (commands.clips > 0) {
    figures.push(wer(engine, "commands", commands, `${commands.words} words in ${commands.clips} clips`), {
      about: `words, ${engine.name}`,
      what: "commands understood with every slot",
      value: (100 * commands.right) / commands.clips,
      unit: "%",
      of: `${commands.right} of ${commands.clips}`,
    });
  }
  figures.push(
    {
      about: "CPU",
      what: `speech to text, ${engine.name}`,
      value: cpu.usedMs / cpu.audioMs,
      unit: "× real time",
      of: `${(cpu.audioMs / 60_000).toFixed(1)} min of audio`,
    },
    {
      about: "CPU",
      what: `end of audio → transcript, ${engine.name}, p50`,
      value: percentile(finalMs, 50),
      unit: "ms",
      of: `${finalMs.length} clips, fed at once; p90 ${Math.round(percentile(finalMs, 90))} ms`,
    },
  );
  return figures;
}

/** A command without how surely it was found. */
function bare({ intent, slots }: { readonly intent: string; readonly slots: object }): object {
  return { intent, slots };
}

function wer(
  engine: SpeechToText,
  what: string,
  { errors, words }: { readonly errors: number; readonly words: number },
  of: string,
): Figure {
  return {
    about: `words, ${engine.name}`,
    what: `${what}: word errors`,
    value: (100 * errors) / words,
    unit: "%",
    of,
  };
}

async function transcribed(
  engine: SpeechToText,
  corpus: Corpus,
  clip: Clip,
  language: string,
  cpu: { usedMs: number; audioMs: number },
): Promise<Pick<SttFinal, "text" | "command"> & { readonly finalMs: number }> {
  const frames = framesOf(padded(soundOf(corpus, clip), 300, 300));
  let endedAt = 0;
  async function* feed() {
    yield* frames;
    endedAt = performance.now();
  }
  const before = cpuMs();
  let final: SttFinal | undefined;
  // A recogniser that hangs must not hang the bench.
  const signal = AbortSignal.timeout(120_000);
  for await (const part of engine.transcribe(feed(), { signal, language })) {
    if (part.kind === "final") final = part;
  }
  cpu.usedMs += cpuMs() - before;
  cpu.audioMs += msOf(frames.length * (frames[0]?.length ?? 0));
  const finalMs = performance.now() - endedAt;
  return { text: final?.text ?? "", ...(final?.command && { command: final.command }), finalMs };
}

/** Sentences of the lengths a hub says. */
const SENTENCES = [
  "It is half past seven.",
  "I set a timer for ten minutes.",
  "The kitchen timer has three minutes and twenty seconds left, and the one for the oven is done.",
];

/** What a voice costs, and how long its first sound takes. */
export async function measureVoice(engine: TextToSpeech): Promise<Figure[]> {
  const firstMs: number[] = [];
  let samples = 0;
  await Array.fromAsync(engine.speak("Ready.", { signal: AbortSignal.timeout(60_000) }));
  const before = cpuMs();
  for (const sentence of SENTENCES) {
    const startedAt = performance.now();
    let first: number | undefined;
    for await (const pcm of engine.speak(sentence, { signal: AbortSignal.timeout(60_000) })) {
      first ??= performance.now() - startedAt;
      samples += pcm.length;
    }
    firstMs.push(first ?? Number.NaN);
  }
  const usedMs = cpuMs() - before;
  return [
    {
      about: "CPU",
      what: `text to speech, ${engine.name}`,
      value: usedMs / msOf(samples),
      unit: "× real time",
      of: `${(samples / SAMPLE_RATE_HZ).toFixed(1)} s of speech; first sound after ${Math.round(percentile(firstMs, 50))} ms p50`,
    },
  ];
}
