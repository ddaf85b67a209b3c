/** `neverstale backup` writes a copy of the data. */

import { resolve } from "node:path";
import type { AddCommand } from "../../command-line/command.ts";
import { dataDirOption } from "../../command-line/flags.ts";

const HELP_TEXT = `
The copy is checked, forced to disk, and only then has its name. It holds password hashes: keep it private.

Example:
  neverstale backup --data-dir ./data ~/backups/monday.db`;

export const addBackup: AddCommand = (root) => {
  root
    .command("backup")
    .description("write a verified copy of the data, also while the server runs")
    .argument("<file>", "where the copy goes; the file must not exist")
    .addOption(dataDirOption())
    .addHelpText("after", HELP_TEXT)
    .action(async (file: string, { dataDir }: { dataDir: string }) => {
      const { backupFleet } = await import("@neverstale/fleet-server"); // The other commands start fast.
      await backupFleet(dataDir, file);
      process.stdout.write(`wrote ${resolve(file)}\n`);
    });
};
