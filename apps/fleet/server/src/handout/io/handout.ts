/** The handout is made of the running installation when somebody asks for it for the first time, and kept until the server ends. */

import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { createReadStream, createWriteStream, existsSync, readFileSync } from "node:fs";
import { mkdir, rename } from "node:fs/promises";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { createGzip } from "node:zlib";
import type { AgentPackage } from "@neverstale/fleet-domain";
import { nodesToHandOut } from "./own-nodes.ts";

export class Handout {
  readonly #agent: string;
  readonly #dataDir: string;
  readonly #nodes: ReadonlyMap<string, string>;
  readonly #packedNodes = new Map<string, Promise<string>>();
  #package: Promise<PackedAgent> | null = null;
  readonly metrics = {
    handoutNodesBeingSent: 0,
    handoutNodesRefused: 0,
    limitHandoutNodesBeingSent: MAX_NODES_BEING_SENT,
  };

  /** `agent` is the folder of the agent's package. */
  constructor(dataDir: string, agent: string = AGENT_FOLDER) {
    this.#agent = agent;
    this.#dataDir = dataDir;
    this.#nodes = nodesToHandOut(dataDir);
  }

  /** A package that could not be made is tried again when it is asked for again. */
  package(): Promise<PackedAgent> {
    this.#package ??= this.#pack().catch((error: unknown) => {
      this.#package = null;
      throw error;
    });
    return this.#package;
  }

  async #pack(): Promise<PackedAgent> {
    const nodes = Array.from(this.#nodes, ([platform, path]) => `${platform}=${path}`);
    const options = { encoding: "buffer", maxBuffer: MAX_PACKAGE_BYTES, env: SYSTEM_ENV } as const;
    const { stdout } = await promisify(execFile)(process.execPath, [...packCommand(), this.#agent, ...nodes], options);
    const { version } = JSON.parse(readFileSync(join(this.#agent, "package.json"), "utf8"));
    const sha256 = createHash("sha256").update(stdout).digest("hex");
    return { content: stdout, about: { version, sha256, bytes: stdout.length, nodes: [...this.#nodes.keys()] } };
  }

  hasNode(platform: string): boolean {
    return this.#nodes.has(platform);
  }

  /** Returns null when as many are being sent as may be. It is packed when it is asked for the first time, which takes seconds. */
  async sendNode(platform: string): Promise<Readable | null> {
    if (this.metrics.handoutNodesBeingSent >= MAX_NODES_BEING_SENT) {
      this.metrics.handoutNodesRefused += 1;
      return null;
    }
    this.metrics.handoutNodesBeingSent += 1;
    try {
      const content = createReadStream(await this.#packedNode(platform));
      content.once("close", () => {
        this.metrics.handoutNodesBeingSent -= 1;
      });
      return content;
    } catch (error) {
      this.metrics.handoutNodesBeingSent -= 1;
      throw error;
    }
  }

  #packedNode(platform: string): Promise<string> {
    const known = this.#packedNodes.get(platform);
    if (known !== undefined) return known;
    const making = this.#packNode(platform, this.#nodes.get(platform) ?? "").catch((error: unknown) => {
      this.#packedNodes.delete(platform);
      throw error;
    });
    this.#packedNodes.set(platform, making);
    return making;
  }

  /** It takes the place of the one of an earlier start, which may have been another Node.js. */
  async #packNode(platform: string, path: string): Promise<string> {
    const folder = join(this.#dataDir, "handout");
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const packed = join(folder, `${platform}.gz`);
    await pipeline(createReadStream(path), createGzip(), createWriteStream(`${packed}.new`, { mode: 0o600 }));
    await rename(`${packed}.new`, packed);
    return packed;
  }
}

interface PackedAgent {
  readonly content: Buffer;
  readonly about: AgentPackage;
}

/** One is about 45 MB, and a whole site may ask at once. Those beyond wait and ask again. */
const MAX_NODES_BEING_SENT = 64;
const MAX_PACKAGE_BYTES = 64 * 1024 ** 2;

/** Windows needs this to start a program. The server's settings are not for this one. */
const SYSTEM_ENV = { SystemRoot: process.env.SystemRoot };

/** The agent's folder stands beside this package, in a checkout and in an installation. */
const AGENT_FOLDER = fileURLToPath(new URL("../../../../agent", import.meta.url));

/**
 * Taking the types out of sources and packing them takes a second of one core, so a process of its own does it. Node says with a warning
 * that taking them out is new, and nobody could do anything about that.
 */
function packCommand(): string[] {
  const isSource = import.meta.url.endsWith(".ts");
  const program = fileURLToPath(new URL(isSource ? "./pack-agent.ts" : "./pack-agent.js", import.meta.url));
  if (!existsSync(program)) throw new Error(`the program that packs the agent is not there: ${program}`);
  return ["--disable-warning=ExperimentalWarning", ...(isSource ? ["--conditions=source"] : []), program];
}
