import { readdirSync, readFileSync } from "node:fs";

/** A running process as Linux knows it. */
export interface RunningProcess {
  readonly pid: number;
  /** Its command line, arguments separated by spaces. */
  readonly command: string;
}

/** Every process that was started by `pid`, directly or not. */
export function descendantsOf(pid: number): RunningProcess[] {
  const parents = new Map<number, number>();
  for (const name of readdirSync("/proc")) {
    const parent = /^\d+$/.test(name) ? parentOf(Number(name)) : undefined;
    if (parent !== undefined) parents.set(Number(name), parent);
  }
  const found = new Set([pid]);
  // A pass finds at least one more generation.
  for (let before = 0; before < found.size; ) {
    before = found.size;
    for (const [child, parent] of parents) if (found.has(parent)) found.add(child);
  }
  found.delete(pid);
  return [...found].map((child) => ({ pid: child, command: commandOf(child) ?? "" }));
}

/** Which of `processes` still run. A pid that has gone to another program does not count; nor does a zombie. */
export function stillRunning(processes: readonly RunningProcess[]): RunningProcess[] {
  return processes.filter(({ pid, command }) => command !== "" && commandOf(pid) === command);
}

/**
 * Wait until none of `processes` runs any more; returns those that still do after `withinMs`.
 *
 * Looks every 20 ms: the end of a process that is nobody's child here is announced to nobody.
 */
export async function gone(
  processes: readonly RunningProcess[],
  withinMs: number,
): Promise<readonly RunningProcess[]> {
  const until = performance.now() + withinMs;
  let left = stillRunning(processes);
  while (left.length > 0 && performance.now() < until) {
    await Bun.sleep(20);
    left = stillRunning(left);
  }
  return left;
}

function parentOf(pid: number): number | undefined {
  try {
    // The name in brackets may hold anything, also brackets; what follows the last one does not.
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const [state, parent] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return state === "Z" ? undefined : Number(parent);
  } catch {
    return undefined; // it has ended meanwhile
  }
}

function commandOf(pid: number): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ").trim();
  } catch {
    return undefined;
  }
}
