import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Debian installs it where not everybody's PATH leads. */
const PROGRAM =
  Bun.which("mosquitto") ?? (existsSync("/usr/sbin/mosquitto") ? "/usr/sbin/mosquitto" : undefined);

/** Why tests with a real broker cannot run here; undefined when they can. */
export const NO_MOSQUITTO = PROGRAM === undefined ? "no mosquitto is installed" : undefined;

/** A real broker on a port of its own, that keeps its sessions over a restart. */
export class Mosquitto implements AsyncDisposable {
  readonly port: number;
  readonly #folder: string;
  #process: Bun.Subprocess<"ignore", "ignore", "pipe"> | undefined;

  private constructor(folder: string, port: number) {
    this.#folder = folder;
    this.port = port;
  }

  /** Start it and resolve when it takes connections. `settings` are added to its configuration. */
  static async start(settings: readonly string[] = ["allow_anonymous true"]): Promise<Mosquitto> {
    const folder = mkdtempSync(join(tmpdir(), "hearth-mosquitto-"));
    const free = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data: () => undefined } });
    const { port } = free;
    free.stop(true);
    const lines = [
      `listener ${port} 127.0.0.1`,
      "persistence true",
      `persistence_location ${folder}/`,
      "log_dest stderr",
      ...settings,
      // Started as root it would give up its rights, and with them this folder.
      "user root",
    ];
    writeFileSync(join(folder, "mosquitto.conf"), `${lines.join("\n")}\n`);
    const broker = new Mosquitto(folder, port);
    await broker.up();
    return broker;
  }

  get url(): string {
    return `mqtt://127.0.0.1:${this.port}`;
  }

  /** Start it again. */
  async up(): Promise<void> {
    if (PROGRAM === undefined) throw new Error("no mosquitto is installed");
    const child = Bun.spawn([PROGRAM, "-c", join(this.#folder, "mosquitto.conf")], {
      stdio: ["ignore", "ignore", "pipe"],
    });
    this.#process = child;
    let said = "";
    for await (const bytes of child.stderr) {
      said += new TextDecoder().decode(bytes);
      if (/ running\b/.test(said)) return;
    }
    throw new Error(`mosquitto ended: ${said}`);
  }

  /** Stop it: in order, so that it keeps its sessions, or as the power goes. */
  async down(signal: "SIGTERM" | "SIGKILL" = "SIGTERM"): Promise<void> {
    this.#process?.kill(signal);
    await this.#process?.exited;
    this.#process = undefined;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.down("SIGKILL");
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
