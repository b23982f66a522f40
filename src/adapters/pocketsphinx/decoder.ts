import { EngineError } from "#core/faults.ts";
import {
  type Address,
  argumentVector,
  cText,
  type Libraries,
  type ModelFiles,
  modelFiles,
  POCKETSPHINX,
  pocketsphinxLibraries,
  textAt,
} from "./libraries.ts";

/** Weight of the grammar's probabilities against the sound: the library's own default of -lw. */
const LANGUAGE_WEIGHT = 6.5;

/** A stretch of the best path: a word, a phone, a filler such as `<sil>`, or a keyphrase. */
export interface Segment {
  readonly text: string;
  /** First and last analysis frame (10 ms), both within the segment. */
  readonly startFrame: number;
  readonly endFrame: number;
  /** Acoustic log score of the segment in the engine's own unit; only differences over the same frames mean something. */
  readonly acoustic: number;
  /** For a keyphrase, how much better it fits than any phones, as a log ratio in the engine's unit; else of no use. */
  readonly posterior: number;
}

export interface DecoderOptions {
  /** Where the model is; default where Debian puts it. */
  readonly modelDirectory?: string;
  /** Path of a dictionary to load instead of the model's 134,000 words. A small one saves time and memory. */
  readonly dictionary?: string;
  /** Further arguments of the library, as flag, value, flag, value. */
  readonly arguments?: readonly string[];
}

/**
 * One PocketSphinx decoder: one acoustic model in memory, several named searches, one utterance at a time.
 *
 * Single-threaded and synchronous; 20 ms of audio take 0.5 ms in a keyphrase search and 3 ms in a grammar.
 * Everything native is freed by dispose, after which every method throws. Calling into a disposed or half-made
 * decoder would end the process, so the pointer never leaves this class.
 */
export class Decoder implements Disposable {
  readonly #lib: Libraries;
  readonly files: ModelFiles;
  #handle: Address | undefined;
  #config: Address | undefined;
  #inUtterance = false;
  // Reused so that reading results allocates nothing native.
  readonly #out = new Int32Array(3);

  /**
   * Load the model: 20 ms and 10 MB with a small dictionary, 130 ms and 30 MB with the whole one.
   *
   * @throws {EngineError} `unavailable` when libraries or model are missing or do not fit each other.
   */
  constructor(options: DecoderOptions = {}) {
    this.#lib = pocketsphinxLibraries();
    this.files = modelFiles(options.modelDirectory);
    const { vector, keep } = argumentVector([
      "hearth",
      ...[
        "-hmm",
        this.files.acoustic,
        "-dict",
        options.dictionary ?? this.files.dictionary,
        "-logfn",
        "/dev/null",
      ],
      ...(options.arguments ?? []),
    ]);
    const config = this.#lib.cmd_ln_parse_r(null, this.#lib.ps_args(), vector.length, vector, 0);
    if (config === null) throw new EngineError(POCKETSPHINX, "unavailable", "it refused its configuration");
    // The library copies its arguments; until here they must be alive, which only a use of them ensures.
    keep.length = 0;
    const handle = this.#lib.ps_init(config);
    if (handle === null) {
      this.#lib.cmd_ln_free_r(config);
      throw new EngineError(POCKETSPHINX, "unavailable", `it could not load ${this.files.acoustic}`);
    }
    this.#handle = handle;
    this.#config = config;
  }

  get #decoder(): Address {
    if (this.#handle === undefined) throw new Error("this PocketSphinx decoder has been disposed");
    return this.#handle;
  }

  /**
   * Define a search by a JSGF grammar whose words are all in the dictionary.
   *
   * @throws {EngineError} `rejected` when the grammar does not parse or holds an unknown word.
   */
  setGrammar(search: string, jsgf: string): void {
    // Not ps_set_jsgf_string: in this release it never frees the parsed grammar, 1 MB for a hub's commands.
    const grammar = this.#lib.jsgf_parse_string(cText(jsgf), null);
    if (grammar === null) throw new EngineError(POCKETSPHINX, "rejected", "the grammar is not JSGF");
    try {
      const rule = this.#lib.jsgf_get_public_rule(grammar);
      const network =
        rule === null
          ? null
          : this.#lib.jsgf_build_fsg(grammar, rule, this.#lib.ps_get_logmath(this.#decoder), LANGUAGE_WEIGHT);
      if (network === null)
        throw new EngineError(POCKETSPHINX, "rejected", "the grammar has no complete public rule");
      const result = this.#lib.ps_set_fsg(this.#decoder, cText(search), network);
      this.#lib.fsg_model_free(network);
      this.#accepted(result, "the grammar has words that the dictionary has not");
    } finally {
      this.#lib.jsgf_grammar_free(grammar);
    }
  }

  /** Define a search for the phrases listed in `path`, one `phrase /threshold/` a line. */
  setKeyphraseFile(search: string, path: string): void {
    const result = this.#lib.ps_set_kws(this.#decoder, cText(search), cText(path));
    this.#accepted(result, "it did not accept the wake phrases");
  }

  /** Forget what earlier audio taught about noise and time; levels already learnt stay. */
  startStream(): void {
    this.#lib.ps_start_stream(this.#decoder);
  }

  /** Begin an utterance with one of the defined searches; one that was under way is ended. */
  start(search: string): void {
    this.end();
    this.#accepted(this.#lib.ps_set_search(this.#decoder, cText(search)), "no such search");
    this.#accepted(this.#lib.ps_start_utt(this.#decoder), "it could not begin an utterance");
    this.#inUtterance = true;
  }

  /** Decode samples of any number. */
  process(samples: Int16Array): void {
    if (samples.length === 0) return;
    const result = this.#lib.ps_process_raw(this.#decoder, samples, samples.length, 0, 0);
    this.#accepted(result, "it failed while decoding");
  }

  /** End the utterance, which completes the best path. Nothing happens when none is under way. */
  end(): void {
    if (!this.#inUtterance) return;
    this.#inUtterance = false;
    this.#lib.ps_end_utt(this.#decoder);
  }

  /** The best words so far; after `end` the final ones. Empty when nothing fits. */
  hypothesis(): string {
    return textAt(this.#lib.ps_get_hyp(this.#decoder, this.#out)) ?? "";
  }

  /** The best path so far, in order of time; for keyphrases the detections, latest first. */
  segments(): Segment[] {
    const list: Segment[] = [];
    let at = this.#lib.ps_seg_iter(this.#decoder, this.#out);
    while (at !== null) {
      const start = this.#out.subarray(0, 1);
      const end = this.#out.subarray(1, 2);
      this.#lib.ps_seg_frames(at, start, end);
      const [startFrame = 0, endFrame = 0] = this.#out;
      const posterior = this.#lib.ps_seg_prob(at, start, end, this.#out.subarray(2, 3));
      const [acoustic = 0] = this.#out;
      const text = String(this.#lib.ps_seg_word(at));
      list.push({ text, startFrame, endFrame, acoustic, posterior });
      // Frees the iterator itself when it returns null.
      at = this.#lib.ps_seg_next(at);
    }
    return list;
  }

  [Symbol.dispose](): void {
    if (this.#handle === undefined) return;
    this.end();
    this.#lib.ps_free(this.#handle);
    if (this.#config !== undefined) this.#lib.cmd_ln_free_r(this.#config);
    this.#handle = undefined;
    this.#config = undefined;
  }

  #accepted(result: number, complaint: string): void {
    if (result < 0) throw new EngineError(POCKETSPHINX, "rejected", complaint);
  }
}
