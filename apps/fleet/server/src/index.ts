export { backupFleet, restoreFleet } from "./io/backup.ts";
export { runFleet } from "./io/run.ts";
export { type FleetOptions, type RunningFleet, startFleet } from "./io/start.ts";
