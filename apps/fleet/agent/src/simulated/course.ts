/** The course of a simulated command says what it prints, how long it takes and how it ends. It goes by its host and its op. */

import type { Millis } from "@neverstale/base";
import { drawnFor } from "./chance.ts";
import type { Lot } from "./simulated-host.ts";

export interface Course {
  readonly lines: readonly Line[];
  readonly endsAfterMs: Millis;
  /** `dies`: the machine goes down then, and nobody learns how it would have ended. */
  readonly end: "succeeds" | "fails" | "dies";
}

interface Line {
  readonly afterMs: Millis;
  readonly text: string;
}

/** The host has this name, and `ops` are all that it allows, in a fixed order. */
export interface CourseOf {
  readonly host: string;
  readonly lot: Lot;
  readonly seed: number;
  readonly ops: readonly string[];
}

/** Where the lot of a host has an op go wrong, it is this one. */
export function wrongOp({ host, seed, ops }: CourseOf): string {
  return ops[Math.floor(drawnFor(seed, "wrong", host) * ops.length)] ?? "";
}

export function courseOf(of: CourseOf, op: string): Course {
  const { host, lot, seed } = of;
  const isWrong = op === wrongOp(of);
  const end = isWrong && lot === "fails" ? "fails" : isWrong && lot === "dies" ? "dies" : "succeeds";
  const steps = STEPS[op] ?? ["looking", "done"];
  const stepMs = 200 + 900 * drawnFor(seed, "pace", host, op);
  const lines = steps.map((step, n) => ({ afterMs: n * stepMs, text: `${host}: ${step}\n` }));
  const half = Math.ceil(lines.length / 2);
  const shown = end === "succeeds" ? lines : lines.slice(0, half);
  const endsAfterMs = shown.length * stepMs;
  if (end !== "fails") return { lines: shown, endsAfterMs, end };
  const failure = { afterMs: endsAfterMs - 1, text: `\u001b[31m${host}: ${op} failed: exit status 1\u001b[0m\n` };
  return { lines: [...shown, failure], endsAfterMs, end };
}

const STEPS: Readonly<Record<string, readonly string[]>> = {
  uptime: ["up, and busy as its figures say"],
  disk: ["/ and /var looked at", "nothing is full"],
  memory: ["memory looked at", "enough is left"],
  deploy: [
    "fetching the release",
    "unpacking",
    "stopping the service",
    "starting the service",
    "\u001b[32mhealthy\u001b[0m",
  ],
  restart: ["stopping the service", "starting the service", "healthy"],
  update: ["reading package lists", "12 packages can be upgraded", "upgrading", "cleaning up", "nothing is left to do"],
};

/** A made-up host allows these. Their programs are never started. */
export const SIMULATED_AGENT_FILE = `ops:
  uptime: { title: Uptime and load, argv: [simulated], timeout: 1m }
  disk: { title: Free space on the file systems, argv: [simulated], timeout: 1m }
  memory: { title: Memory in use, argv: [simulated], timeout: 1m }
  deploy: { title: Deploy the newest release, argv: [simulated], timeout: 5m }
  restart: { title: Restart the service, argv: [simulated], timeout: 2m }
  update: { title: Install updates, argv: [simulated], timeout: 10m }
`;
