export { askForReset } from "./accounts/io/admin-reset.ts";
export { backupFleet, restoreFleet } from "./io/backup.ts";
export { runFleet } from "./io/run.ts";
export { checkSettings, type FleetOptions, type RunningFleet, startFleet } from "./io/start.ts";
