/** A real nginx runs with the configuration that docs/SCALE.md explains: deploy/nginx.conf, with ports and paths filled in. */

import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { ended, removeWithProcesses } from "@neverstale/base/test-processes";
import { freePort, installed } from "../../packages/store-postgres/src/io/test-server-suite.ts";
import { isExecutable } from "../browser/chromium.ts";

const CONFIGURATION = fileURLToPath(new URL("../../deploy/nginx.conf", import.meta.url));

/**
 * It resolves once nginx answers. `nodes` are addresses such as `http://127.0.0.1:8080`, which need not answer yet. The program is
 * looked for in this order: `NEVERSTALE_NGINX`, PATH and the usual places, the system's package manager. When there is none it
 * throws, with the command to run: a test behind a real proxy is never skipped.
 */
export async function startNginx(nodes: readonly string[]): Promise<Nginx> {
  const program = findNginx();
  const folder = mkdtempSync(join(tmpdir(), "neverstale-nginx-"));
  chmodSync(folder, 0o755); // Its workers may belong to another user.
  const ports = { plain: await freePort(), tls: await freePort(), redirect: await freePort() };
  makeCertificate(folder);
  writeFileSync(
    join(folder, "nginx.conf"),
    configurationFor(readFileSync(CONFIGURATION, "utf8"), nodes, ports, folder),
  );
  const nginx = new Nginx(program, folder, ports);
  await nginx.start();
  return nginx;
}

export interface NginxPorts {
  readonly plain: number;
  readonly tls: number;
  readonly redirect: number;
}

export class Nginx {
  readonly folder: string;
  readonly program: string;
  readonly #ports: NginxPorts;
  #process: ChildProcess | null = null;
  #said = "";

  constructor(program: string, folder: string, ports: NginxPorts) {
    this.program = program;
    this.folder = folder;
    this.#ports = ports;
  }

  /** The server of the configuration is here without TLS too, for tests that look at other things. */
  get address(): string {
    return `http://127.0.0.1:${this.#ports.plain}`;
  }

  get tlsAddress(): string {
    return `https://localhost:${this.#ports.tls}`;
  }

  /** Here whoever comes without TLS is sent on. */
  get redirectAddress(): string {
    return `http://127.0.0.1:${this.#ports.redirect}`;
  }

  /** Whoever is to trust `tlsAddress` is given this. */
  get certificate(): string {
    return readFileSync(join(this.folder, "fullchain.pem"), "utf8");
  }

  /** The errors and warnings that nginx has noted. */
  get errors(): string {
    const path = join(this.folder, "error.log");
    const noted = existsSync(path) ? readFileSync(path, "utf8") : this.#said;
    // Only root may raise the number of files, and fewer are enough for tests.
    return noted.replace(/^.*setrlimit\(RLIMIT_NOFILE.*\n/gm, "");
  }

  /** Its main process and the workers. */
  get pids(): readonly number[] {
    const main = this.#process?.pid;
    if (main === undefined) return [];
    const workers = readFileSync(`/proc/${main}/task/${main}/children`, "utf8").trim().split(" ");
    return [main, ...workers.filter((pid) => pid !== "").map(Number)];
  }

  async start(): Promise<void> {
    const words = ["-p", this.folder, "-c", join(this.folder, "nginx.conf"), "-g", "daemon off;"];
    const started = spawn(this.program, words, { stdio: ["ignore", "ignore", "pipe"] });
    this.#process = started;
    const endWithUs = () => void started.kill("SIGTERM");
    process.once("exit", endWithUs);
    started.once("exit", () => process.off("exit", endWithUs));
    started.stderr?.on("data", (text) => {
      this.#said = (this.#said + text).slice(-20_000);
    });
    while (!(await this.#answers())) {
      if (started.exitCode !== null) throw new Error(`nginx did not start: ${this.#said}${this.errors}`);
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
  }

  async #answers(): Promise<boolean> {
    try {
      await fetch(`${this.redirectAddress}/`, { redirect: "manual" });
      return true;
    } catch {
      return false;
    }
  }

  /** Requests that are under way are cut off. */
  async end(): Promise<void> {
    const running = this.#process;
    this.#process = null;
    await ended(running, "SIGTERM");
    await removeWithProcesses(this.folder);
  }
}

/** Each replacement must find its text, so that what is tested stays what is documented. */
function configurationFor(text: string, nodes: readonly string[], ports: NginxPorts, folder: string): string {
  let filled = text;
  const replace = (what: string | RegExp, by: string): void => {
    const next = filled.replaceAll(what, () => by);
    if (next === filled) throw new Error(`nothing in the configuration is like ${what}`);
    filled = next;
  };
  const [, how = ""] = /^\s+server 10\.0\.0\.5:8080( .*);$/m.exec(text) ?? [];
  replace(/^\s+server 10\.0\.0\.[567]:8080 .*;\n/gm, "");
  replace(/(?<=least_conn;\n)/g, nodes.map((node) => `        server ${new URL(node).host}${how};\n`).join(""));
  replace("listen 80;", `listen 127.0.0.1:${ports.redirect};`);
  replace(
    "listen 443 ssl http2;",
    `listen 127.0.0.1:${ports.tls} ssl http2;\n        listen 127.0.0.1:${ports.plain};`,
  );
  replace(/^\s+listen \[::\]:.*;\n/gm, "");
  replace("fleet.example.org", "localhost");
  replace("/etc/nginx/tls", folder);
  replace("/var/log/nginx", folder);
  replace("/run/nginx.pid", join(folder, "nginx.pid"));
  replace("/var/cache/nginx/neverstale", join(folder, "cache"));
  replace("http {\n", `http {\n${temporaryFolders(folder)}`);
  return filled;
}

/** Whoever is not root may not write to those that were built in. */
function temporaryFolders(folder: string): string {
  const kinds = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
  return kinds.map((kind) => `    ${kind}_temp_path ${join(folder, kind)};\n`).join("");
}

function makeCertificate(folder: string): void {
  const where = ["-keyout", join(folder, "privkey.pem"), "-out", join(folder, "fullchain.pem")];
  const kind = ["-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "30"];
  const names = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"];
  const made = spawnSync("openssl", ["req", ...kind, ...where, ...names], { encoding: "utf8" });
  if (made.status !== 0)
    throw new Error(`openssl, which the tests behind nginx need, made no certificate: ${made.error ?? made.stderr}`);
}

function findNginx(): string {
  const named = process.env.NEVERSTALE_NGINX;
  if (named !== undefined && named !== "") {
    if (!isExecutable(named)) throw new Error(`NEVERSTALE_NGINX names ${named}, which can't be run`);
    return named;
  }
  const found = installedNginx() ?? (installed("nginx", "openssl") ? installedNginx() : undefined);
  if (found !== undefined) return found;
  throw new Error(
    "the tests of the proxy need an nginx and found none. Install one (`sudo apt-get install nginx`, or your system's way), " +
      "or name one: NEVERSTALE_NGINX=/usr/sbin/nginx npm test",
  );
}

function installedNginx(): string | undefined {
  const folders = (process.env.PATH ?? "").split(delimiter).filter((folder) => folder !== "");
  const usual = ["/usr/sbin", "/usr/local/sbin", "/usr/local/nginx/sbin", "/opt/homebrew/bin", "/usr/local/bin"];
  return [...folders, ...usual].map((folder) => join(folder, "nginx")).find(isExecutable);
}
