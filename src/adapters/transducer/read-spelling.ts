import { EngineError } from "#core/faults.ts";
import { Spelling } from "#core/transducer/spelling.ts";

/**
 * Read how a model spells: its tokens, and a JSON object of its pieces and their log-probabilities. Absolute paths.
 *
 * @throws {EngineError} `unavailable` when the scores are none; what the file system throws where the tokens are not
 * there.
 */
export async function readSpelling(tokens: string, unigramScores: string): Promise<Spelling> {
  const scores: unknown = await Bun.file(unigramScores)
    .json()
    .catch(() => undefined);
  const entries = typeof scores === "object" && scores !== null ? Object.entries(scores) : [];
  if (entries.length === 0 || entries.some(([, score]) => typeof score !== "number")) {
    throw new EngineError("hearth", "unavailable", `${unigramScores} holds no scores`);
  }
  return new Spelling(await Bun.file(tokens).text(), entries);
}
