/** A folder outside of the repository, in which the packed packages are used as others would use them. */

import { type ChildProcess, execFile, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { promisify } from "node:util";
import { ended, removeWithProcesses } from "@neverstale/base/test-processes";

/** Nothing of the workspace is found from here but the Node that runs the tests, or the one whose folder is given. */
export class Outside {
  readonly folder = mkdtempSync(join(tmpdir(), "neverstale-outside-"));
  readonly #started: ChildProcess[] = [];
  readonly #env: NodeJS.ProcessEnv;

  constructor(registry: string, nodeFolder: string = dirname(process.execPath)) {
    this.#env = environmentFor(registry, nodeFolder);
  }

  write(path: string, text: string): void {
    mkdirSync(dirname(join(this.folder, path)), { recursive: true });
    writeFileSync(join(this.folder, path), text);
  }

  /** It resolves to what the command prints, and rejects with all that it said when it fails. */
  async run(command: string, args: readonly string[], folder = this.folder): Promise<string> {
    const options = { cwd: folder, env: this.#env, maxBuffer: 64 * 1_048_576, shell: process.platform === "win32" };
    const ran = promisify(execFile)(command, [...args], options);
    const { stdout } = await ran.catch((error: { stdout: string; stderr: string; message: string }) => {
      throw new Error(`${command} ${args.join(" ")}: ${error.message}\n${error.stdout}\n${error.stderr}`);
    });
    return stdout;
  }

  install(...packages: string[]): Promise<string> {
    return this.run("npm", ["install", "--no-audit", "--no-fund", "--loglevel=error", ...packages]);
  }

  /** It resolves to what the pattern matches in what the process prints. The process is ended by `remove`. */
  async start(command: string, args: readonly string[], until: RegExp, folder = this.folder): Promise<RegExpExecArray> {
    const child = spawn(command, args, { cwd: folder, env: this.#env, stdio: ["ignore", "pipe", "pipe"] });
    this.#started.push(child);
    let said = "";
    return await new Promise((resolve, reject) => {
      const hear = (part: Buffer) => {
        said += part.toString();
        const found = until.exec(said);
        if (found !== null) resolve(found);
      };
      child.stdout.on("data", hear);
      child.stderr.on("data", hear);
      child.once("error", reject);
      child.once("exit", (code) => reject(new Error(`${command} ${args.join(" ")} ended with ${code}\n${said}`)));
    });
  }

  async remove(): Promise<void> {
    for (const child of this.#started) await ended(child, "SIGTERM");
    await removeWithProcesses(this.folder);
  }
}

/** What this process was given by npm and by Vitest is not for those that it starts. */
function environmentFor(registry: string, nodeFolder: string): NodeJS.ProcessEnv {
  const own = Object.entries(process.env).filter(([name]) => !NOT_HANDED_ON.test(name));
  const folders = (process.env.PATH ?? "").split(delimiter).filter((folder) => !folder.includes("node_modules"));
  const PATH = [nodeFolder, ...folders].join(delimiter);
  return { ...Object.fromEntries(own), PATH, npm_config_registry: registry };
}

const NOT_HANDED_ON =
  /^(npm_(package|lifecycle|command|execpath|node_execpath)|npm_config_(local_prefix|prefix|registry)|INIT_CWD|NODE_(ENV$|OPTIONS$|PATH$|COMPILE_CACHE$)|VITEST|NEVERSTALE_(?!TEST_RUN)|TEST$|PROD$|DEV$|MODE$|SSR$|BASE_URL$)/i;
