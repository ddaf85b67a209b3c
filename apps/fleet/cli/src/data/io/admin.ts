/** `neverstale admin reset` lets in who has lost the password of admin. */

import { resolve } from "node:path";
import type { AddCommand } from "../../command-line/command.ts";
import { dataDirOption } from "../../command-line/flags.ts";
import { plainJson } from "../../terminal/plain-text.ts";

const HELP_TEXT = `
It works within seconds while the server runs. Otherwise the next start does it, if it comes within an hour.

Example:
  neverstale admin reset --data-dir ./data`;

export const addAdmin: AddCommand = (root) => {
  root
    .command("admin")
    .description("let in whoever has lost the password, on the server's own machine")
    .command("reset")
    .description("take the password and all sessions of admin away, and print a new one-time sign-in link")
    .addOption(dataDirOption())
    .option("--json", "print one JSON object")
    .addHelpText("after", HELP_TEXT)
    .action(async ({ dataDir, json }: { readonly dataDir: string; readonly json?: boolean }) => {
      const { askForReset } = await import("@neverstale/fleet-server"); // The other commands start fast.
      const { link, isDone } = await askForReset(resolve(dataDir));
      if (json === true) {
        process.stdout.write(`${plainJson(JSON.stringify({ link, isDone }))}\n`);
        return;
      }
      const when = isDone
        ? "admin has no password and no session any more"
        : "no server runs on this data: start it within an hour, and the link is good from then on, at the address it prints";
      process.stdout.write(`${when}\nsign in once, within 15 minutes: ${link}\n`);
    });
};
