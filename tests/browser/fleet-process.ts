/** The real server runs as its own process, with a data directory of its own that goes with it. */

import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { ended, removeWithProcesses } from "@neverstale/base/test-processes";

/** The fleet's own packages are found from here. */
const CLI = fileURLToPath(new URL("../../apps/fleet/cli", import.meta.url));
const MAIN = join(CLI, "src/main.ts");

export const PASSWORD = "correct horse battery staple";

export interface FleetSettings {
  readonly beaconInterval?: string;
  readonly localAgent?: boolean;
  /** When it is false, the first start prints a one-time link. */
  readonly password?: boolean;
  readonly allowedOrigin?: string;
  readonly basePath?: string;
  /** Proxies of this machine are trusted, and name users in this header. */
  readonly proxyUserHeader?: string;
  /** This directory was filled before. It goes with the process, too. */
  readonly dataDir?: string;
  /** This is a built page other than today's. */
  readonly webDirectory?: string;
  /** So many events stay in the live state. It counts only beside `webDirectory`. */
  readonly eventLimit?: number;
}

/** The command line has no flag for these. */
const SERVE_ANOTHER_WAY = `import { runFleet } from "@neverstale/fleet-server";
const [settings] = process.argv.slice(1);
const { clockAheadMs, ...options } = JSON.parse(settings);
const adminPassword = process.env.NEVERSTALE_ADMIN_PASSWORD;
const now = () => Date.now() + clockAheadMs;
const clocks = clockAheadMs === 0 ? {} : { now, steadyNow: () => performance.now() };
await runFleet({ ...options, ...clocks, beaconMs: 2000, localAgent: false, adminPassword });`;

export class FleetProcess {
  readonly #settings: FleetSettings;
  #dataDir = "";
  #child: ChildProcess | null = null;
  #port = 0;
  #link: string | null = null;
  #log = "";

  constructor(settings: FleetSettings = {}) {
    this.#settings = settings;
    this.#dataDir = settings.dataDir ?? "";
  }

  get dataDir(): string {
    return this.#dataDir;
  }

  get port(): number {
    return this.#port;
  }

  get address(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** It returns the newest lines of the log. */
  get log(): string {
    return this.#log;
  }

  /** It returns the one-time link that was printed, and throws when there was none. */
  get signInLink(): string {
    if (this.#link === null) throw new Error("no sign-in link was printed");
    return this.#link;
  }

  /** The port of the first start is kept: a page finds the server again where it was. Its clock may be ahead of this machine's. */
  async start(clockAheadMs = 0): Promise<void> {
    const { password = true } = this.#settings;
    if (this.#dataDir === "") this.#dataDir = mkdtempSync(join(tmpdir(), "neverstale-browser-"));
    const env = { ...process.env, NEVERSTALE_ADMIN_PASSWORD: password ? PASSWORD : "" };
    const child = spawn(process.execPath, ["--conditions=source", ...this.#command(clockAheadMs)], {
      env,
      cwd: CLI,
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.#child = child;
    child.stderr.on("data", (part: Buffer) => this.#keep(part));
    await this.#untilItListens(child, password);
  }

  #command(clockAheadMs: number): string[] {
    const {
      beaconInterval = "2s",
      localAgent = false,
      allowedOrigin,
      basePath,
      webDirectory,
      eventLimit,
      proxyUserHeader,
    } = this.#settings;
    const port = String(this.#port);
    if (webDirectory !== undefined || clockAheadMs > 0) {
      const settings = { port: this.#port, dataDir: this.#dataDir, webDirectory, clockAheadMs, eventLimit };
      return ["--input-type=module", "-e", SERVE_ANOTHER_WAY, JSON.stringify(settings)];
    }
    const args = ["serve", "--port", port, "--data-dir", this.#dataDir, "--beacon-interval", beaconInterval];
    if (!localAgent) args.push("--no-local-agent");
    if (allowedOrigin !== undefined) args.push("--allowed-origin", allowedOrigin);
    if (basePath !== undefined) args.push("--base-path", basePath);
    if (proxyUserHeader !== undefined)
      args.push("--trusted-proxy", "127.0.0.1", "--proxy-user-header", proxyUserHeader);
    return [MAIN, ...args];
  }

  /** It ends as if the power went: nobody is told goodbye. */
  async killHard(): Promise<void> {
    await this.#end("SIGKILL");
  }

  /** It ends as it should, and leaves the data. */
  async stop(): Promise<void> {
    await this.#end("SIGTERM");
  }

  /** It ends server and agent, and removes the data. */
  async remove(): Promise<void> {
    if (this.#dataDir === "") return; // It was never started.
    await this.#end("SIGTERM");
    await removeWithProcesses(this.#dataDir);
  }

  #untilItListens(child: ChildProcess, password: boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      let output = "";
      child.once("exit", () => reject(new Error(`the server did not start:\n${output}${this.#log}`)));
      child.stdout?.on("data", (part: Buffer) => {
        output += part.toString();
        const port = /^listening on http:\/\/127\.0\.0\.1:(\d+)$/m.exec(output)?.[1];
        const link = /http:\S+#setup=\S+/.exec(output)?.[0] ?? null;
        if (port === undefined || (!password && link === null && this.#port === 0)) return;
        this.#port = Number(port);
        this.#link = link ?? this.#link;
        resolve();
      });
    });
  }

  async #end(name: NodeJS.Signals): Promise<void> {
    const child = this.#child;
    this.#child = null;
    await ended(child, name);
  }

  #keep(part: Buffer): void {
    this.#log = (this.#log + part.toString()).slice(-20_000);
  }
}
