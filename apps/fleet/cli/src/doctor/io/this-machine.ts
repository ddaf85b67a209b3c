/** This machine is looked at without altering anything: its Node.js, its port, its agent's file, and what a server keeps here. */

import { existsSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import type { Finding } from "@neverstale/fleet-server";
import { nodeFinding } from "../judge.ts";

export interface MachinePlaces {
  readonly dataDir: string;
  readonly agentFile: string | undefined;
  readonly fleetFile: string | undefined;
  readonly secretKeyFile: string | undefined;
  readonly store: string | undefined;
  readonly host: string;
  readonly port: number;
}

export async function lookAtMachine(places: MachinePlaces): Promise<Finding[]> {
  const { dataDir, fleetFile, secretKeyFile, store } = places;
  const { examineData } = await import("@neverstale/fleet-server"); // The other commands start fast.
  return [
    nodeFinding(process.versions.node),
    ...examineData({ dataDir, fleetFile, secretKeyFile, isElsewhere: store !== undefined }),
    ...(await agentFile(places)),
    await port(places),
  ];
}

/** Without a file of its own a host has the one that came with its agent. */
async function agentFile({ agentFile: named, dataDir }: MachinePlaces): Promise<Finding[]> {
  const check = "agent.yaml";
  const path = named ?? join(dataDir, "agent", "agent.yaml");
  if (named === undefined && !existsSync(path))
    return [{ check, status: "ok", message: "there is none: the one that came with the agent is in force", fix: null }];
  const { parseAgentFile, readTrusted } = await import("@neverstale/fleet-agent");
  try {
    const { ops } = parseAgentFile(readTrusted(path));
    return [{ check, status: "ok", message: `${path} allows ${Object.keys(ops).length} ops`, fix: null }];
  } catch (error) {
    const problems = (error instanceof Error ? error.message : String(error)).split("\n");
    const fix = `Mend it in ${path}. The agent reads it again by itself.`;
    return problems.map((problem) => ({ check, status: "fail" as const, message: `${path}: ${problem}`, fix }));
  }
}

/** A port is free, or a server of Neverstale has it, or it is taken. */
async function port({ host, port }: MachinePlaces): Promise<Finding> {
  const check = "port";
  const where = `${host}:${port}`;
  if (port === 0 || (await isFree(host, port)))
    return { check, status: "ok", message: `${where} is free: no server listens there`, fix: null };
  if (await answersAsServer(host, port))
    return { check, status: "ok", message: `a server listens on ${where}`, fix: null };
  const fix = "Stop what listens there, or choose another port with --port.";
  return {
    check,
    status: "fail",
    message: `${where} is taken by something else, or this user may not listen there`,
    fix,
  };
}

function isFree(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen(port, host, () => server.close(() => resolve(true)));
  });
}

const ANSWER_MS = 3_000;

async function answersAsServer(host: string, port: number): Promise<boolean> {
  const reached = host === "0.0.0.0" ? "127.0.0.1" : host === "::" ? "[::1]" : host.includes(":") ? `[${host}]` : host;
  const asked = ["http", "https"].map(async (scheme) => {
    const answer = await fetch(`${scheme}://${reached}:${port}/healthz`, { signal: AbortSignal.timeout(ANSWER_MS) });
    const { status } = (await answer.json()) as { status?: unknown };
    if (status !== "ok") throw new Error("another program answers");
  });
  return await Promise.any(asked).then(
    () => true,
    () => false,
  );
}
