/** A test pooler is a pgbouncer before a test server. It is in its transaction mode: a session is given to each transaction anew. */

import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { delimiter, join } from "node:path";
import { ended } from "@neverstale/base/test-processes";
import { asOwner, freePort, installed, type TestServer } from "./test-server-suite.ts";

/**
 * It starts a pooler on a free port, with so many sessions for all connections. Where the system has no pgbouncer, its package
 * manager is asked for one. Without one it throws, with the command to run.
 */
export async function startTestPooler({ folder, port: target }: TestServer, sessions: number): Promise<TestPooler> {
  const port = await freePort();
  const settings = join(folder, "pooler.ini");
  writeFileSync(
    settings,
    `[databases]
postgres = host=127.0.0.1 port=${target} dbname=postgres user=postgres
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = ${sessions}
max_client_conn = 200
server_reset_query =
`,
  );
  const pooler = new TestPooler(program(), settings, folder, port);
  await pooler.start();
  return pooler;
}

export class TestPooler {
  readonly port: number;
  readonly #program: string;
  readonly #settings: string;
  readonly #folder: string;
  #process: ChildProcess | null = null;

  constructor(program: string, settings: string, folder: string, port: number) {
    this.port = port;
    this.#program = program;
    this.#settings = settings;
    this.#folder = folder;
  }

  /** It resolves once the pooler listens. */
  async start(): Promise<void> {
    const running = spawn(this.#program, [this.#settings], { ...asOwner(), cwd: this.#folder, stdio: "ignore" });
    this.#process = running;
    while (!(await listensAt(this.port))) {
      if (running.exitCode !== null) throw new Error(`pgbouncer ended with ${running.exitCode}`);
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
  }

  /** All connections break. */
  async stop(signal: "SIGTERM" | "SIGKILL" = "SIGTERM"): Promise<void> {
    const running = this.#process;
    this.#process = null;
    await ended(running, signal);
  }
}

function program(): string {
  const found = onPath() ?? (installed("pgbouncer") ? onPath() : undefined);
  if (found === undefined) throw new Error("a pooler is needed: `sudo apt-get install pgbouncer`");
  return found;
}

function onPath(): string | undefined {
  const folders = [...(process.env.PATH ?? "").split(delimiter), "/usr/sbin", "/usr/local/sbin"];
  return folders.map((folder) => join(folder, "pgbouncer")).find((path) => existsSync(path));
}

function listensAt(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("error", () => resolve(false));
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
  });
}
