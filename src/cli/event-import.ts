import { openJournal } from "#adapters/sqlite/journal.ts";
import { systemClock } from "#adapters/system/system-clock.ts";
import { parseStoredEvent } from "#events/stored-event.ts";
import { textLines } from "./text-lines.ts";

/** Events committed at once. */
const GROUP = 512;

/** A line that was not imported. */
export interface RefusedLine {
  /** Counted from 1. */
  readonly line: number;
  /** Why; never what was said. */
  readonly problem: string;
}

/** The journal cannot write. The message is a sentence that says what to do. */
export class UnwritableJournal extends Error {
  override readonly name = "UnwritableJournal";
}

/**
 * Put stored events into the journal at `path`, whose hub does not run; with `check`, only look.
 *
 * Events keep number, time and type. A line is refused when it is no stored event of this version, or when its number
 * is not above that of every event before it, in the journal or in the stream.
 *
 * @throws {UnwritableJournal} when the disk refuses; everything before the group that failed is stored.
 */
export async function importEvents(
  stream: AsyncIterable<Uint8Array>,
  path: string,
  check: boolean,
  onRefused: (refused: RefusedLine) => void,
): Promise<{ readonly imported: number; readonly refused: number }> {
  await using journal = await openJournal({
    path,
    clock: systemClock,
    log: { debug() {}, info() {}, warn() {}, error() {} },
    // The hub prunes when it runs.
    retention: { maxAgeMs: Number.POSITIVE_INFINITY, maxBytes: Number.POSITIVE_INFINITY },
  });
  let imported = 0;
  let refused = 0;
  let highest = journal.lastSeq;
  let waiting = 0;
  const flush = async () => {
    waiting = 0;
    await journal.flush().catch((cause: unknown) => {
      throw new UnwritableJournal("The events cannot be written. Make room on the disk, then import again.", {
        cause,
      });
    });
  };
  for await (const { number, text } of textLines(stream)) {
    const parsed = parseStoredEvent(text);
    const problem = !parsed.ok
      ? parsed.problem
      : parsed.event.seq <= highest
        ? `its number ${parsed.event.seq} is not above ${highest}, which is there already`
        : undefined;
    if (!parsed.ok || problem !== undefined) {
      refused += 1;
      onRefused({ line: number, problem: problem ?? "" });
      continue;
    }
    imported += 1;
    highest = parsed.event.seq;
    if (check) continue;
    journal.skipTo(highest);
    journal.append(parsed.event);
    waiting += 1;
    if (waiting >= GROUP) await flush();
  }
  if (!check) await flush();
  return { imported, refused };
}
