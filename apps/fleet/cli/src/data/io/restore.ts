/** `neverstale restore` puts a backup in the place of the data. */

import { resolve } from "node:path";
import type { AddCommand } from "../../command-line/command.ts";
import { dataDirOption } from "../../command-line/flags.ts";
import { plainJson } from "../../terminal/plain-text.ts";

const HELP_TEXT = `
It is refused while a server works on the data. What was there before is kept beside it, under a new name.
Dashboards notice by themselves that history was put back.

Example:
  neverstale restore --data-dir ./data ~/backups/monday.db`;

export const addRestore: AddCommand = (root) => {
  root
    .command("restore")
    .description("put a backup in the place of the data")
    .argument("<file>", "a file that backup wrote")
    .addOption(dataDirOption())
    .option("--json", "print one JSON object")
    .addHelpText("after", HELP_TEXT)
    .action(async (file: string, { dataDir, json }: { readonly dataDir: string; readonly json?: boolean }) => {
      const { restoreFleet } = await import("@neverstale/fleet-server"); // The other commands start fast.
      const { replaced } = restoreFleet(dataDir, file);
      if (json === true) {
        const done = { file: resolve(file), dataDir: resolve(dataDir), replaced };
        process.stdout.write(`${plainJson(JSON.stringify(done))}\n`);
        return;
      }
      process.stdout.write(`restored ${resolve(file)} into ${resolve(dataDir)}\n`);
      if (replaced !== null) process.stdout.write(`what was there before is ${replaced}\n`);
    });
};
