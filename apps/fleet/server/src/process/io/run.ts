import { constants, readFileSync } from "node:fs";
import { basename } from "node:path";
import type { FleetOptions } from "./settings.ts";
import { type RunningFleet, startFleet } from "./start.ts";

/** Whoever waits for the start that failed says why. */
const SAY_WHY_MS = 200;

/** The drain takes under 5 s; what hangs longer is not waited for. */
const EXIT_WITHIN_MS = 4_800;

/**
 * Runs the fleet's server as this process: until SIGTERM, SIGINT or SIGHUP, which drain it and exit with 0. An error that nobody
 * caught ends the process with 1: going on in an unknown state is worse (C6).
 */
export async function runFleet(options: FleetOptions = {}): Promise<RunningFleet> {
  const starting = startFleet(options);
  endOnSignals(starting);
  const running = await starting;
  process.on("uncaughtException", (error) => {
    running.parts.log.fatal({ err: error }, "an error that nobody caught: ending");
    process.exit(1);
  });
  return running;
}

/** From now on, while it starts too: whoever reads its address may end it in the same moment. */
function endOnSignals(starting: Promise<RunningFleet>): void {
  let isEnding = false;
  const end = () => {
    if (isEnding) return;
    isEnding = true;
    setTimeout(() => process.exit(1), EXIT_WITHIN_MS).unref();
    starting
      .then((running) => running.close())
      .then(
        () => process.exit(0),
        () => setTimeout(() => process.exit(1), SAY_WHY_MS),
      );
  };
  // Each as often as it comes: Ctrl-C reaches this process twice when npm stands before it, and passes it on.
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, end);
  process.on("SIGHUP", isUnderNohup(process.env) ? () => {} : end);
}

/** Node forgets that a signal is to be ignored: whoever asked for it by nohup is served here. */
function isUnderNohup(env: NodeJS.ProcessEnv): boolean {
  return basename(env._ ?? "") === "nohup" || isWriteOnly(0);
}

/** nohup opens what a process reads from so that it can't be read. */
function isWriteOnly(fd: number): boolean {
  try {
    const flags = /^flags:\s*(\d+)/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, "utf8"))?.[1] ?? "0";
    return (Number.parseInt(flags, 8) & 3) === constants.O_WRONLY;
  } catch {
    return false;
  }
}
