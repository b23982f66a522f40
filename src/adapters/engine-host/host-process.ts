/** How a child process ended. */
export interface ProcessEnd {
  /** For example `exit code 1` or `signal SIGSEGV`. */
  readonly how: string;
  /** Lines it wrote to stderr in its life. */
  readonly stderrLines: number;
  /** The last of them, cut to 300 characters. Native libraries say there why they gave up. */
  readonly lastStderrLine: string | undefined;
}

/** A running engine host process, as the hub holds it. */
export interface HostProcess {
  readonly pid: number;
  /** What it writes to the protocol pipe; ends when the pipe closes. */
  readonly output: AsyncIterable<Uint8Array>;
  /** Resolves once the process is gone. Never rejects. */
  readonly ended: Promise<ProcessEnd>;
  /** Hand bytes over without waiting. Never throws: a process that is gone shows in `ended`. */
  write(bytes: Uint8Array): void;
  /** Close its stdin, which asks it to end. */
  closeInput(): void;
  kill(signal: "SIGTERM" | "SIGKILL"): void;
}

/** Starts a process. */
export type SpawnHost = () => HostProcess;

/** What of the hub's environment a child needs: where to find libraries and a scratch place. No secrets. */
const PASSED_ON = ["PATH", "HOME", "TMPDIR", "LANG", "LC_ALL", "LD_LIBRARY_PATH"];

/** Longest stderr line kept. */
const MAX_LINE_CHARS = 300;

/** A `SpawnHost` for a command: the executable and its arguments. */
export function hostProcess(command: readonly string[]): SpawnHost {
  return () => {
    const child = Bun.spawn([...command], {
      stdin: "pipe",
      stdout: "pipe",
      stderr: "pipe",
      env: Object.fromEntries(
        PASSED_ON.flatMap((name) => {
          const value = process.env[name];
          return value === undefined ? [] : [[name, value]];
        }),
      ),
    });
    const stderr = new LastLine();
    const drained = stderr.drain(child.stderr);
    return {
      pid: child.pid,
      output: child.stdout,
      ended: child.exited.then(async (code) => {
        await drained;
        const how = child.signalCode ? `signal ${child.signalCode}` : `exit code ${code}`;
        return { how, stderrLines: stderr.lines, lastStderrLine: stderr.last };
      }),
      write(bytes) {
        quietly(() => child.stdin.write(bytes));
        quietly(() => child.stdin.flush());
      },
      closeInput() {
        quietly(() => child.stdin.end());
      },
      kill(signal) {
        child.kill(signal);
      },
    };
  };
}

/** A pipe whose reader is gone fails in either way; `ended` tells. */
function quietly(act: () => unknown): void {
  try {
    const result = act();
    if (result instanceof Promise) result.catch(() => undefined);
  } catch {
    // As above.
  }
}

/** Counts lines and keeps the last one that is not blank. */
class LastLine {
  lines = 0;
  last: string | undefined;

  async drain(stream: ReadableStream<Uint8Array>): Promise<void> {
    const decoder = new TextDecoder();
    let partial = "";
    try {
      for await (const chunk of stream) {
        const pieces = (partial + decoder.decode(chunk, { stream: true })).split("\n");
        partial = (pieces.pop() ?? "").slice(-MAX_LINE_CHARS);
        for (const piece of pieces) this.#add(piece);
      }
    } catch {
      // A pipe torn by a kill: what was read counts.
    }
    if (partial !== "") this.#add(partial);
  }

  #add(line: string): void {
    this.lines += 1;
    const text = line.trim();
    if (text !== "") this.last = text.slice(0, MAX_LINE_CHARS);
  }
}
