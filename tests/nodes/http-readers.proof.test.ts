import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { ended } from "@neverstale/base/test-processes";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { Boards } from "./boards.ts";
import { until } from "./node-fleet.ts";
import type { CrowdCounts } from "./reader-crowd.ts";

const PROGRAM = fileURLToPath(new URL("reader-crowd.ts", import.meta.url));
const READERS = 2_000;
const CHANGES = 60;
const PER_SECOND = 3;

let boards: Boards;
let crowd: Crowd | null = null;

beforeAll(async () => {
  boards = await Boards.start(3, 30_000);
  await boards.put("entry", `?times=50&perSecond=1000&text=${"x".repeat(100)}`);
});
afterEach(async () => {
  await crowd?.end();
  crowd = null;
});
afterAll(() => boards?.dispose());

/** Readers in a process of their own. */
class Crowd {
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;

  constructor(way: "polls" | "websocket", path: string) {
    const words = ["--conditions=source", PROGRAM, way, boards.nginx.address + path, `${READERS}`];
    this.#child = spawn(process.execPath, words, { stdio: ["pipe", "pipe", "inherit"] });
    const { stdout } = this.#child;
    if (stdout === null) throw new Error("the crowd says nothing");
    this.#lines = createInterface({ input: stdout })[Symbol.asyncIterator]();
  }

  async says(): Promise<string> {
    return String((await this.#lines.next()).value);
  }

  tell(line: string): void {
    this.#child.stdin?.write(`${line}\n`);
  }

  async end(): Promise<void> {
    await ended(this.#child);
  }
}

/** All threads of the processes have used so much. */
function cpuMs(pids: readonly number[]): number {
  return pids.reduce((sum, pid) => {
    const behindName = readFileSync(`/proc/${pid}/stat`, "utf8")
      .replace(/^.*\) /s, "")
      .split(" ");
    return sum + (Number(behindName[11]) + Number(behindName[12])) * TICK_MS;
  }, 0);
}

const TICK_MS = 10;

const spentBy = () => ({ nodes: cpuMs(boards.nodes.map(({ pid }) => pid)), nginx: cpuMs(boards.nginx.pids) });

/** The same changes cost the nodes this without any readers. */
async function load(): Promise<{ readonly nodes: number; readonly nginx: number; readonly reached: number }> {
  const [before, reached] = [spentBy(), await boards.sum("polls")];
  await boards.put("entry", `?times=${CHANGES}&perSecond=${PER_SECOND}&text=${"x".repeat(100)}`);
  const after = spentBy();
  return {
    nodes: after.nodes - before.nodes,
    nginx: after.nginx - before.nginx,
    reached: (await boards.sum("polls")) - reached,
  };
}

async function versions(): Promise<{ readonly version: number; readonly digest: string }> {
  await until(
    "the nodes are level",
    async () => new Set((await boards.facts()).map(({ version }) => version)).size === 1,
  );
  const [facts] = await boards.facts();
  if (facts === undefined) throw new Error("there is no node");
  return facts;
}

interface Measured extends CrowdCounts {
  readonly reached: number;
  readonly nodeMicros: number;
  readonly nginxMicros: number;
}

async function measured(way: "polls" | "websocket", path: string, idle: number): Promise<Measured> {
  crowd = new Crowd(way, path);
  expect(await crowd.says()).toBe("level");
  crowd.tell("begin");

  const { nodes, nginx, reached } = await load();
  const { version, digest } = await versions();
  crowd.tell(String(version));
  const counts: CrowdCounts = JSON.parse(await crowd.says());

  expect(counts.digests).toEqual([`${version} ${digest}`]);
  expect(counts.mismatches).toBe(0);
  const each = (ms: number) => Math.round((ms * 1_000) / counts.messages);
  return { ...counts, reached, nodeMicros: each(nodes - idle), nginxMicros: each(nginx) };
}

describe(`${READERS} readers behind a real nginx at ${PER_SECOND} changes a second`, () => {
  const table: Record<string, object> = {};
  let idle = 0;

  beforeAll(async () => {
    idle = (await load()).nodes;
  });
  afterAll(() => console.table(table));

  async function note(name: string, way: "polls" | "websocket", path: string): Promise<Measured> {
    const all = await measured(way, path, idle);
    const { digests: _, mismatches: __, failures, ...shown } = all;
    table[name] = { ...shown, lost: failures.length };
    return all;
  }

  test("[A4] over WebSocket each message is a frame", async () => {
    const { reached } = await note("private, WebSocket", "websocket", "/sync");

    expect(reached).toBe(0);
  });

  test("[H2] of a private space each request reaches a node", async () => {
    const { reached, requests } = await note("private, polls", "polls", "/sync");

    expect(reached).toBeGreaterThan(requests / 2);
  });

  test("[H3] of a public space almost nothing reaches the nodes, and all readers end with the state of the nodes", async () => {
    const { reached, requests } = await note("public, polls, kept by nginx", "polls", "/public/board");

    expect(reached).toBeLessThan(requests / 10);
  });

  test("[H2] a quiet public space costs the nodes next to nothing, too", async () => {
    crowd = new Crowd("polls", "/public/board");
    await crowd.says();
    const before = await boards.sum("polls");
    const since = performance.now();
    await until("two polls are over", () => performance.now() - since > 55_000);

    const { version, digest } = await versions();
    crowd.tell(String(version));
    const { digests, mismatches }: CrowdCounts = JSON.parse(await crowd.says());

    const reached = (await boards.sum("polls")) - before;
    console.log(`${reached} requests of ${READERS} readers reached the nodes in 55 quiet seconds`);
    expect(digests).toEqual([`${version} ${digest}`]);
    expect(mismatches).toBe(0);
    // Where the machine is so busy that an answer is too old before all have been given it, the others ask for themselves.
    expect(reached).toBeLessThan(READERS / 2);
  });
});
