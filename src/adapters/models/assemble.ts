import {
  closeSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { type ModelEntry, type ModelFile, UPSTREAM_KWS_ENCODER } from "./catalogue.ts";
import { ModelError } from "./model-error.ts";
import { type ModelRecord, writeRecord } from "./record.ts";
import { repairEncoder, scoresOfBpe } from "./repair.ts";

/** One file somebody offers for a model: from a release, or from a folder. */
export interface OfferedFile {
  /** Without the archive's outermost folder; forward slashes. */
  readonly path: string;
  readonly bytes: number;
  /** The content; read at most once, and not at all when nobody wants it. */
  chunks(): Iterable<Uint8Array>;
}

/**
 * Puts a model together in an empty folder from the files it is offered.
 *
 * Where hashes are known a file is recognised by its content, whatever it is called; where not, by its path. What is
 * known to be broken is repaired and what can be made from other files is made. Nothing counts until `finish`.
 */
export class Assembly {
  readonly #entry: ModelEntry;
  readonly #folder: string;
  readonly #taken = new Map<string, { sha256: string; bytes: number }>();
  #upstreamEncoder: string | undefined;

  readonly #breathe: () => Promise<void>;

  /** @param breathe Awaited between chunks, so that an interrupt has its turn; rejects to stop. */
  constructor(entry: ModelEntry, folder: string, breathe: () => Promise<void>) {
    this.#entry = entry;
    this.#folder = folder;
    this.#breathe = breathe;
  }

  /** Take the file if the model needs it. */
  async offer(file: OfferedFile): Promise<void> {
    const name = this.#nameByPath(file.path);
    if (name !== undefined) {
      this.#taken.set(name, await this.#store(file, name));
      return;
    }
    const sizes = this.#entry.files.map((wanted) => wanted.bytes);
    const mayBeUpstream = file.bytes === UPSTREAM_KWS_ENCODER.bytes && this.#wantsRepair();
    if (!sizes.includes(file.bytes) && !mayBeUpstream) return;
    const stored = await this.#store(file, "offered.part");
    const path = join(this.#folder, "offered.part");
    const wanted = this.#entry.files.find((candidate) => candidate.sha256 === stored.sha256);
    if (wanted) {
      renameSync(path, join(this.#folder, wanted.names[0]));
      this.#taken.set(wanted.names[0], stored);
    } else if (mayBeUpstream && stored.sha256 === UPSTREAM_KWS_ENCODER.sha256) {
      this.#upstreamEncoder = join(this.#folder, "upstream-encoder.part");
      renameSync(path, this.#upstreamEncoder);
    } else rmSync(path);
  }

  /**
   * Make what is to be made, check that nothing lacks, and record it all.
   *
   * @param known What an earlier installation recorded of the same files, if one is being copied.
   * @throws {ModelError} `refused` when a file lacks or is not what it should be.
   */
  finish(source: string, known?: ModelRecord): void {
    for (const [path, { sha256 }] of this.#taken) {
      const recorded = known?.files[path]?.sha256;
      if (recorded !== undefined && recorded !== sha256) {
        throw new ModelError(
          "refused",
          `${join(source, path)} has changed since it was installed there. Nothing was taken from it.`,
        );
      }
    }
    for (const file of this.#entry.files) {
      if (!this.#has(file)) this.#make(file);
      if (!this.#has(file)) throw this.#lacking(file, source);
    }
    if (this.#upstreamEncoder !== undefined) rmSync(this.#upstreamEncoder, { force: true });
    const record: ModelRecord = { id: this.#entry.id, source, files: Object.fromEntries(this.#taken) };
    writeRecord(this.#folder, record);
  }

  #wantsRepair(): boolean {
    return this.#entry.files.some((file) => file.made === "repaired-encoder");
  }

  /** Where a file without a known hash goes, by its path in the release. */
  #nameByPath(path: string): string | undefined {
    const wanted = this.#entry.files.find((file) => file.sha256 === undefined && file.released?.test(path));
    if (!wanted) return undefined;
    return wanted.tree ? path : wanted.names[0];
  }

  #has(file: ModelFile): boolean {
    if (file.tree) return [...this.#taken.keys()].some((path) => path.startsWith(`${file.names[0]}/`));
    return this.#taken.has(file.names[0]);
  }

  #make(file: ModelFile): void {
    const made = this.#content(file);
    if (made === undefined) return;
    const sha256 = new Bun.CryptoHasher("sha256").update(made).digest("hex");
    if (file.sha256 !== undefined && sha256 !== file.sha256) return;
    writeFileSync(join(this.#folder, file.names[0]), made);
    this.#taken.set(file.names[0], { sha256, bytes: Buffer.byteLength(made) });
  }

  #content(file: ModelFile): Uint8Array | string | undefined {
    if (file.made === "repaired-encoder" && this.#upstreamEncoder !== undefined) {
      return repairEncoder(readFileSync(this.#upstreamEncoder));
    }
    const bpe = this.#entry.files.find((candidate) => candidate.key === "bpe");
    if (file.made === "scores-of-bpe" && bpe && this.#has(bpe)) {
      return scoresOfBpe(readFileSync(join(this.#folder, bpe.names[0])));
    }
    return undefined;
  }

  #lacking(file: ModelFile, source: string): ModelError {
    const which =
      file.sha256 === undefined ? file.names[0] : `${file.names[0]} (SHA-256 ${file.sha256.slice(0, 12)}…)`;
    return new ModelError(
      "refused",
      `${source} does not hold the right ${which}, so nothing of it was installed. Fetch the model again, or use --from with a good copy.`,
    );
  }

  async #store(file: OfferedFile, name: string): Promise<{ sha256: string; bytes: number }> {
    const path = join(this.#folder, name);
    mkdirSync(dirname(path), { recursive: true });
    const hasher = new Bun.CryptoHasher("sha256");
    const handle = openSync(path, "w", 0o644);
    let bytes = 0;
    try {
      for (const chunk of file.chunks()) {
        hasher.update(chunk);
        for (let done = 0; done < chunk.length; ) done += writeSync(handle, chunk, done);
        bytes += chunk.length;
        await this.#breathe();
      }
    } finally {
      closeSync(handle);
    }
    return { sha256: hasher.digest("hex"), bytes };
  }
}
