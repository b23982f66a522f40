import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SAMPLE_RATE_HZ, samplesFromBytes } from "#core/pcm.ts";
import { Resampler } from "#core/resample.ts";
import { parseWav, toMono } from "#core/wav.ts";
import { concat } from "./recording.ts";

/** Turns text into speech, 16 kHz mono. */
export type Speak = (text: string, signal: AbortSignal) => Promise<Int16Array>;

/** Bytes of a WAV file as 16 kHz mono. @throws {RangeError} with a sentence when they are not one. */
export function pcmOfWav(bytes: Uint8Array): Int16Array {
  const parsed = parseWav(bytes);
  if (!parsed.ok) throw new RangeError(parsed.problem);
  const mono = toMono(parsed.wav);
  if (parsed.wav.rateHz === SAMPLE_RATE_HZ) return mono;
  const resampler = new Resampler({ fromHz: parsed.wav.rateHz, toHz: SAMPLE_RATE_HZ });
  return concat([resampler.push(mono), resampler.flush()]);
}

/** Read a WAV file as 16 kHz mono. @throws {Error} with a sentence when it cannot be read or is not one. */
export async function readWav(path: string): Promise<Int16Array> {
  const file = Bun.file(path);
  if (!(await file.exists())) throw new RangeError(`There is no file ${path}.`);
  try {
    return pcmOfWav(await file.bytes());
  } catch (cause) {
    throw new RangeError(`${path}: ${cause instanceof Error ? cause.message : "unreadable"}`, { cause });
  }
}

/** Speech programs that write a WAV file, best first. flite seeks in its output, so a pipe will not do. */
const PROGRAMS = [
  {
    name: "flite",
    command: (text: string, out: string) => ["flite", "-voice", "slt", "-t", text, "-o", out],
  },
  { name: "espeak-ng", command: (text: string, out: string) => ["espeak-ng", "-w", out, "--", text] },
] as const;

/** Names of the speech programs this machine has, best first. */
export function speechPrograms(): string[] {
  return PROGRAMS.map(({ name }) => name).filter((name) => Bun.which(name) !== null);
}

/**
 * Speech by a program of the machine, named or the best there is; undefined when there is none.
 *
 * The returned function throws when the program fails; its message never has the text.
 */
export function systemSpeak(name: string | undefined = speechPrograms()[0]): Speak | undefined {
  const program = PROGRAMS.find((candidate) => candidate.name === name);
  if (!program) return undefined;
  return async (text, signal) => {
    const folder = await mkdtemp(join(tmpdir(), "hearth-sim-"));
    try {
      const out = join(folder, "speech.wav");
      const child = Bun.spawn(program.command(text, out), { stdio: ["ignore", "ignore", "ignore"], signal });
      const code = await child.exited;
      signal.throwIfAborted();
      if (code !== 0) throw new Error(`${program.name} could not speak the text (exit code ${code})`);
      return await readWav(out);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  };
}

/** Raw s16le 16 kHz mono from a byte stream such as standard input, in pieces as they come. */
export async function* pcmOfStream(stream: AsyncIterable<Uint8Array>): AsyncGenerator<Int16Array> {
  let carried = new Uint8Array(0);
  for await (const chunk of stream) {
    const bytes = new Uint8Array(carried.length + chunk.length);
    bytes.set(carried);
    bytes.set(chunk, carried.length);
    const even = bytes.length - (bytes.length % 2);
    carried = bytes.slice(even);
    if (even > 0) yield samplesFromBytes(bytes);
  }
}
