/** The fleet's server runs as this process, until a signal ends it. */

import { constants, readFileSync } from "node:fs";
import { basename } from "node:path";
import { isatty } from "node:tty";
import type { FleetOptions } from "./settings.ts";
import { type RunningFleet, startFleet } from "./start.ts";

/**
 * SIGTERM and SIGINT drain the server, and the process exits with 0. SIGHUP has `fleet.yaml` and the certificate read again, and drains where it says that
 * the terminal is gone. An error that nobody caught ends the process with 1, because going on in an unknown state is worse (C6).
 */
export async function runFleet(options: FleetOptions = {}): Promise<RunningFleet> {
  const starting = startFleet(options);
  endOnSignals(starting, options.storeUrl === undefined ? EXIT_WITHIN_MS : NODE_EXIT_WITHIN_MS);
  const running = await starting;
  process.on("uncaughtException", (error) => {
    running.parts.log.fatal({ err: error }, "an error that nobody caught: ending");
    process.exit(1);
  });
  return running;
}

/** Whoever waits for a start that failed has so long to say why. */
const SAY_WHY_MS = 200;

/** The drain takes under 5 s. What hangs longer is not waited for. */
const EXIT_WITHIN_MS = 4_800;
/** One of several nodes sends its clients to the others first, within 6 s. Docker waits for 10 s. */
const NODE_EXIT_WITHIN_MS = 9_800;

/** Signals count from now on, while the server starts too: whoever reads its address may end it in the same moment. */
function endOnSignals(starting: Promise<RunningFleet>, longestMs: number): void {
  let isEnding = false;
  const end = () => {
    if (isEnding) return;
    isEnding = true;
    setTimeout(() => process.exit(1), longestMs).unref();
    starting
      .then((running) => running.close())
      .then(
        () => process.exit(0),
        () => setTimeout(() => process.exit(1), SAY_WHY_MS),
      );
  };
  // A signal may come twice: Ctrl-C reaches this process by itself and through npm, which passes it on.
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, end);
  const hasTerminal = [0, 1, 2].some((fd) => isatty(fd)) && !isUnderNohup(process.env);
  process.on("SIGHUP", hasTerminal ? end : () => void readAgain(starting));
}

async function readAgain(starting: Promise<RunningFleet>): Promise<void> {
  const { parts } = await starting;
  parts.certificate?.read();
  await parts.fleetFile.read().catch((err: unknown) => parts.log.error({ err }, "fleet.yaml was not read again"));
}

/** Node forgets that a signal is to be ignored, which nohup asks for. So that is found out here. */
function isUnderNohup(env: NodeJS.ProcessEnv): boolean {
  return basename(env._ ?? "") === "nohup" || isWriteOnly(0);
}

/** nohup gives the process an input that can't be read. */
function isWriteOnly(fd: number): boolean {
  try {
    const flags = /^flags:\s*(\d+)/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, "utf8"))?.[1] ?? "0";
    return (Number.parseInt(flags, 8) & 3) === constants.O_WRONLY;
  } catch {
    return false;
  }
}
