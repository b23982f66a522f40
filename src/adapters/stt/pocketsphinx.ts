import { accepts, confidenceOf } from "#adapters/pocketsphinx/gate.ts";
import { POCKETSPHINX } from "#adapters/pocketsphinx/libraries.ts";
import { type Heard, Listener, listenerSetup } from "#adapters/pocketsphinx/listener.ts";
import { Slots } from "#adapters/pocketsphinx/slots.ts";
import { amplified, gainFor } from "#adapters/pocketsphinx/utterance-level.ts";
import type { PcmFrame } from "#core/pcm.ts";
import type { SpeechToText, SttPart } from "#ports/speech-to-text.ts";
import { abortable } from "./abortable.ts";

/** Utterances decoded at once; a further one waits. Each takes 30 MB and a quarter of a core. */
const DEFAULT_LIMIT = 2;
/** Longest utterance that can be decoded again: 20 s, beyond the hard cap of a turn. */
const KEPT_FRAMES = 1000;
/** Frames decoded in one go before others get their turn: about 10 ms of work. */
const FRAMES_A_SLICE = 2;
/** Frames between two looks at the words so far: 100 ms. */
const LOOK_EVERY = 5;

export interface PocketsphinxCommandsOptions {
  /** JSGF grammar of everything that can be understood. Words the dictionary lacks are sounded out. */
  readonly jsgf: string;
  /** Where the US English model is; default where Debian puts it. */
  readonly modelDirectory?: string;
  /** Utterances decoded at the same time, default 2. Others wait for a place, their frames in the caller's queue. */
  readonly limit?: number;
}

/**
 * Commands with PocketSphinx and a closed grammar, where no better recogniser can be had.
 *
 * It understands the grammar and nothing else: what is none of its sentences, going by `gate.ts`, ends in an empty
 * final part. Interim parts pass the same gate on the audio so far, which says little after a word or two: most
 * unrelated speech has some before its empty final, so nobody should act on an interim. The same audio always
 * gives the same parts.
 *
 * Measured with the grammar of the local intents (220 words), on the audio its gate was chosen with: three
 * real recordings of commands, alone and glued to the end of ten real wake words at two cuts, are right 22 times in
 * 23; of 60 commands spoken by flite 56, 3 otherwise than said and 1
 * rejected; of 20 by espeak-ng, whose voice the model does not know, all are rejected. Of 145 stretches of other
 * speech and noise 143 end in nothing (98.6 %). On one x86-64 core 0.28 s a second of speech, 0.2 s more when an
 * utterance is decoded again at its level; 0.1 s and 30 MB an utterance, of which nothing is kept.
 *
 * Throws at once when the library is missing or the grammar is wrong, so that a hub knows at its start.
 *
 * @throws {EngineError} `unavailable` when the library or the model is not installed; the message says how.
 * `rejected` when the grammar does not parse or has a word that cannot be pronounced.
 */
export function pocketsphinxCommands(options: PocketsphinxCommandsOptions): SpeechToText {
  const setup = listenerSetup(options.jsgf, options.modelDirectory);
  const slots = new Slots(options.limit ?? DEFAULT_LIMIT);
  // One is kept ready, as it takes 0.1 s to make.
  let spare: Listener | undefined = new Listener(setup);

  function take(): Listener {
    const listener = spare ?? new Listener(setup);
    spare = undefined;
    return listener;
  }

  return {
    name: POCKETSPHINX,
    async *transcribe(frames, { signal }) {
      using _place = await slots.take(signal);
      using listener = take();
      try {
        const kept: PcmFrame[] = [];
        let count = 0;
        let last = "";
        let said = "";
        for await (const frame of abortable(frames, signal)) {
          listener.push(frame);
          count += 1;
          if (count <= KEPT_FRAMES) kept.push(frame);
          if (count % FRAMES_A_SLICE === 0) await turn();
          if (count % LOOK_EVERY !== 0 || listener.hypothesis() === last) continue;
          last = listener.hypothesis();
          const part = partOf("interim", listener.heard());
          if (part.text === "" || part.text === said) continue;
          said = part.text;
          yield part;
        }
        listener.end();
        const again = count <= KEPT_FRAMES ? await heardAtItsLevel(kept, signal) : undefined;
        const heard = again ?? listener.heard();
        yield { ...partOf("final", heard), language: "en-US" };
      } finally {
        spare ??= new Listener(setup);
      }
    },
  };

  /**
   * Decode the utterance once more at the level the model expects, where it was much quieter or louder.
   *
   * That level is known only at the end. With another listener, as the first has got used to the wrong one.
   */
  async function heardAtItsLevel(kept: readonly PcmFrame[], signal: AbortSignal): Promise<Heard | undefined> {
    const gain = gainFor(kept);
    if (gain === undefined) return undefined;
    using listener = new Listener(setup);
    for (const [index, frame] of kept.entries()) {
      listener.push(amplified(frame, gain));
      if (index % FRAMES_A_SLICE !== 0) continue;
      await turn();
      signal.throwIfAborted();
    }
    listener.end();
    return listener.heard();
  }
}

/** What was heard, or nothing when the gate does not believe it. */
function partOf<K extends SttPart["kind"]>(kind: K, { words, evidence }: Heard) {
  if (evidence === undefined || !accepts(evidence)) {
    return { kind, text: "", confidence: evidence === undefined ? 0 : Math.min(0.5, confidenceOf(evidence)) };
  }
  const text = words.map((word) => word.text).join(" ");
  return { kind, text, confidence: confidenceOf(evidence), words };
}

/** One turn of the event loop. */
function turn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
