import { type FleetOptions, type RunningFleet, startFleet } from "./start.ts";

/** The drain takes under 5 s; what hangs longer is not waited for. */
const EXIT_WITHIN_MS = 4_800;

/**
 * Runs the fleet's server as this process: until SIGTERM or SIGINT, which drain it and exit with 0. An error that nobody
 * caught ends the process with 1: going on in an unknown state is worse (C6).
 */
export async function runFleet(options: FleetOptions = {}): Promise<RunningFleet> {
  const running = await startFleet(options);
  const end = () => {
    setTimeout(() => process.exit(1), EXIT_WITHIN_MS).unref();
    running.close().then(
      () => process.exit(0),
      () => process.exit(1),
    );
  };
  process.on("uncaughtException", (error) => {
    running.server.log.fatal({ err: error }, "an error that nobody caught: ending");
    process.exit(1);
  });
  process.once("SIGTERM", end);
  process.once("SIGINT", end);
  return running;
}
