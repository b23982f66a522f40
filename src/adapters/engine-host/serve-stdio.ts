import { dlopen, FFIType } from "bun:ffi";
import type { Clock } from "#ports/clock.ts";
import type { LoadEngines } from "./engines.ts";
import { runEngineHost } from "./run-engine-host.ts";

/**
 * Be an engine host on this process's stdin and stdout, until stdin closes.
 *
 * Takes the process over: stdout becomes a second stderr for everybody else, native libraries included, and Ctrl-C
 * is left to the hub, which shares the terminal and closes stdin when it is done.
 */
export async function serveOverStdio(loadEngines: LoadEngines, clock: Clock): Promise<void> {
  const protocol = Bun.file(claimStdout()).writer();
  process.on("SIGINT", () => undefined);
  await runEngineHost({
    input: Bun.stdin.stream(),
    output(bytes) {
      protocol.write(bytes);
      const flushed = protocol.flush();
      // A hub that is gone also closes stdin, and that ends the loop.
      if (flushed instanceof Promise) flushed.catch(() => undefined);
    },
    loadEngines,
    clock,
    rssBytes: () => process.memoryUsage.rss(),
  });
}

const STDOUT = 1;
const STDERR = 2;
const LIBC = process.platform === "darwin" ? "libSystem.B.dylib" : "libc.so.6";

/**
 * A descriptor only the protocol writes to: what stdout was, while descriptor 1 now leads to stderr.
 *
 * Without a C library to ask (musl names it differently) it is stdout itself: then a native library that prints
 * breaks the protocol, and the hub restarts the host.
 */
function claimStdout(): number {
  try {
    const libc = dlopen(LIBC, {
      dup: { args: [FFIType.i32], returns: FFIType.i32 },
      dup2: { args: [FFIType.i32, FFIType.i32], returns: FFIType.i32 },
    });
    const claimed = libc.symbols.dup(STDOUT);
    if (claimed >= 0 && libc.symbols.dup2(STDERR, STDOUT) >= 0) return claimed;
  } catch {
    // As documented.
  }
  return STDOUT;
}
