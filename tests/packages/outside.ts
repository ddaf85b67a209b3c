/** A folder outside of the repository, in which the packed packages are used as others would use them. */

import { type ChildProcess, execFile, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { promisify } from "node:util";
import { removeWithProcesses } from "@neverstale/base/test-processes";

/** Nothing of the workspace is found from here but the Node that runs the tests, or the one whose folder is given. */
export class Outside {
  readonly folder = mkdtempSync(join(tmpdir(), "neverstale-outside-"));
  readonly #started: { readonly child: ChildProcess; readonly closed: Promise<unknown> }[] = [];
  readonly #env: NodeJS.ProcessEnv;

  constructor({ registry, cache, nodeFolder = dirname(process.execPath) }: OutsideOptions) {
    this.#env = { ...environmentOn(nodeFolder), npm_config_registry: registry, npm_config_cache: cache };
  }

  write(path: string, text: string): void {
    mkdirSync(dirname(join(this.folder, path)), { recursive: true });
    writeFileSync(join(this.folder, path), text);
  }

  /** It resolves to what the command prints, and rejects with all that it said when it fails. */
  async run(command: string, args: readonly string[]): Promise<string> {
    const options = {
      cwd: this.folder,
      env: this.#env,
      maxBuffer: 64 * 1_048_576,
      shell: process.platform === "win32",
    };
    const ran = promisify(execFile)(command, [...args], options);
    const { stdout } = await ran.catch((error: { stdout: string; stderr: string; message: string }) => {
      throw new Error(`${command} ${args.join(" ")}: ${error.message}\n${error.stdout}\n${error.stderr}`);
    });
    return stdout;
  }

  install(...packages: string[]): Promise<string> {
    return this.run("npm", ["install", "--no-audit", "--no-fund", "--loglevel=error", ...packages]);
  }

  /** It resolves to what the pattern matches in what the process prints. */
  async start(
    command: string,
    args: readonly string[],
    until: RegExp,
    env: NodeJS.ProcessEnv = {},
  ): Promise<RegExpExecArray> {
    const child = spawn(command, args, {
      cwd: this.folder,
      env: { ...this.#env, ...env },
      stdio: ["ignore", "pipe", "pipe"],
      detached: true,
    });
    this.#started.push({ child, closed: new Promise((resolve) => child.once("close", resolve)) });
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

  /** It ends all that was started, and waits until nothing of that has its output open any more. */
  async stop(): Promise<void> {
    this.#endAll();
    for (const { closed } of this.#started.splice(0)) await closed;
  }

  #endAll(): void {
    for (const { child } of this.#started)
      if (child.pid !== undefined && child.exitCode === null && child.signalCode === null)
        process.kill(-child.pid, "SIGTERM");
  }

  async remove(): Promise<void> {
    this.#endAll();
    await removeWithProcesses(this.folder);
  }
}

export interface OutsideOptions {
  readonly registry: string;
  /** With the usual one npm would take a package of an earlier run for one of this run, since both have the same version. */
  readonly cache: string;
  readonly nodeFolder?: string | undefined;
}

/** What this process was given by npm and by Vitest is not for those that it starts. */
function environmentOn(nodeFolder: string): NodeJS.ProcessEnv {
  const own = Object.entries(process.env).filter(([name]) => !NOT_HANDED_ON.test(name));
  const folders = (process.env.PATH ?? "").split(delimiter).filter((folder) => !folder.includes("node_modules"));
  return { ...Object.fromEntries(own), PATH: [nodeFolder, ...folders].join(delimiter) };
}

const NOT_HANDED_ON =
  /^(npm_(package|lifecycle|command|execpath|node_execpath)|npm_config_(local_prefix|prefix|registry|cache)|INIT_CWD|NODE_(ENV$|OPTIONS$|PATH$|COMPILE_CACHE$)|VITEST|NEVERSTALE_(?!TEST_RUN)|TEST$|PROD$|DEV$|MODE$|SSR$|BASE_URL$)/i;
