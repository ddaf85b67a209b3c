import { resolve } from "node:path";
import { backupFleet, restoreFleet } from "@neverstale/fleet-server";

export async function backup(dataDir: string, file: string): Promise<void> {
  await backupFleet(dataDir, file);
  process.stdout.write(`wrote ${resolve(file)}\n`);
}

export function restore(dataDir: string, file: string): void {
  const { replaced } = restoreFleet(dataDir, file);
  process.stdout.write(`restored ${resolve(file)} into ${resolve(dataDir)}\n`);
  if (replaced !== null) process.stdout.write(`what was there before is ${replaced}\n`);
}
