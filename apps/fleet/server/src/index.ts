export type { CopyCounts, TellCopy } from "@neverstale/server/store";
export { askForReset } from "./accounts/io/admin-reset.ts";
export { beginMadeUpWork, makeDemoToken } from "./demo/io/demo.ts";
export { backupFleet, restoreFleet } from "./process/io/backup.ts";
export { runFleet } from "./process/io/run.ts";
export { checkSettings, type FleetOptions } from "./process/io/settings.ts";
export { type RunningFleet, startFleet } from "./process/io/start.ts";
export { copyFleet, type FleetCopy } from "./store/io/copy-fleet.ts";
export { prepareFleetStore } from "./store/io/prepare-store.ts";
