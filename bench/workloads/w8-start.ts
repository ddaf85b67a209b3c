/** W8 measures how long a start takes on a store whose log holds a million changes, after a clean close and after a kill -9. */

import { rmSync, statSync } from "node:fs";
import { engineDurable } from "../contenders/index.ts";
import { startChild } from "../harness/processes/child.ts";
import type { ServerProcessApi } from "../harness/processes/server-process.ts";
import { BENCH_FOLDER, newDataFolder, VoidRun } from "../harness/session.ts";
import type { MakeWorkload, Sample } from "../harness/workload.ts";

export interface StartSize {
  readonly records: number;
  readonly changes: number;
  readonly end: "closed" | "killed";
}

const WRITERS = 2_000;

export async function measureStart(size: StartSize): Promise<Sample> {
  const folder = newDataFolder();
  try {
    const digest = await fill(folder, size);
    return await reopen(folder, size.records, digest);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** It returns the digest of the state at the moment when every change had been acknowledged. */
async function fill(folder: string, { records, changes, end }: StartSize): Promise<string> {
  const server = newServer();
  try {
    await server.call.start(startArgument(folder, records, "fill"));
    await server.call.applyBy({ writers: WRITERS, count: changes });
    const digest = await server.call.digest();
    if (end === "closed") await server.call.close();
    else await server.kill();
    return digest;
  } finally {
    await server.stop();
  }
}

async function reopen(folder: string, records: number, digest: string): Promise<Sample> {
  const storedBytes = statSync(`${folder}/bench.db`).size;
  const server = newServer();
  try {
    await server.call.beginCost();
    const { tookMs } = await server.call.start(startArgument(folder, records, "open"));
    const cost = await server.call.endCost();
    const opened = await server.call.digest();
    if (opened !== digest) throw new VoidRun(`${digest} was acknowledged, ${opened} was opened`);
    const { rssBytes } = await server.call.memory();
    return { openMs: tookMs, cpuMs: cost.cpuMs, storedMegabytes: storedBytes / 1e6, rssMegabytes: rssBytes / 1e6 };
  } finally {
    await server.stop();
  }
}

function newServer() {
  return startChild<ServerProcessApi>({
    name: "server",
    module: "processes/server-process.ts",
    core: null,
    engine: true,
  });
}

function startArgument(folder: string, records: number, name: string) {
  const server = new URL(engineDurable.server, BENCH_FOLDER).href;
  return {
    server,
    variant: engineDurable.variant ?? "",
    records,
    shape: "flat" as const,
    folder,
    channel: `${folder}/${name}.sock`,
  };
}

const CASE = "a million changes in the log";

export const start: MakeWorkload = ({ quick }) => {
  const measure = (end: StartSize["end"]) => () =>
    measureStart({ records: 1_000, changes: quick ? 20_000 : 1_000_000, end });
  return {
    id: "W8",
    name: "start",
    title: "Start on a long log",
    notes: [
      "State: 1,000 records of 400 bytes, after a million changes by 2,000 writers.",
      "Open: from calling the engine to when it serves; the start of the process itself is not counted.",
      "Verified: what was opened has the digest of all that was acknowledged.",
    ],
    columns: [
      { key: "openMs", label: "open ms", digits: 0 },
      { key: "cpuMs", label: "CPU ms", digits: 0 },
      { key: "storedMegabytes", label: "database MB", digits: 0 },
      { key: "rssMegabytes", label: "RSS MB", digits: 0 },
    ],
    cases: [
      {
        name: CASE,
        reference: "closed",
        contenders: [
          { name: "closed", label: "after a clean close", measure: measure("closed") },
          { name: "killed", label: "after kill -9", measure: measure("killed") },
        ],
      },
    ],
    targets: [],
  };
};
