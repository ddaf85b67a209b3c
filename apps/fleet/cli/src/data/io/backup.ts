/** `neverstale backup` writes a copy of the data. */

import { resolve } from "node:path";
import type { AddCommand } from "../../command-line/command.ts";
import { dataDirOption } from "../../command-line/flags.ts";
import { plainJson } from "../../terminal/plain-text.ts";

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
    .option("--json", "print one JSON object")
    .addHelpText("after", HELP_TEXT)
    .action(async (file: string, { dataDir, json }: { readonly dataDir: string; readonly json?: boolean }) => {
      const { backupFleet } = await import("@neverstale/fleet-server"); // The other commands start fast.
      await backupFleet(dataDir, file);
      const written = resolve(file);
      process.stdout.write(`${json === true ? plainJson(JSON.stringify({ file: written })) : `wrote ${written}`}\n`);
    });
};
