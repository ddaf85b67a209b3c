/** `neverstale store copy` moves the data between SQLite and PostgreSQL, and `store prepare` makes a database ready for nodes. */

import type { AddCommand } from "../../command-line/command.ts";
import { plainJson } from "../../terminal/plain-text.ts";
import { copyProgress, countsText } from "../copy-progress.ts";

const COPY_HELP = `
<from> and <to> are a data directory, a SQLite file (it ends in .db), or postgres://user@host:5432/database?sslmode=verify-full.
The password is taken from the URL, or from PGPASSWORD: other users of the machine see what stands in the command line.

Everything comes along: records, what was deleted, epochs and lineage, the chain, answers under idempotency keys, and history. So open
dashboards resume where they were, and no request is carried out twice. <from> stays as it is. Stop all servers on it first, and
start them on <to> afterwards. <to> must hold nothing yet. It is filled as a whole or not at all: a copy that was interrupted is
simply made again. Before it is there it is read back and compared.

The key with which the server signs is not in the store. Give the new nodes the same one with --secret-key-file.

Status 1 means that nothing was copied, or, as it then says, that the end of it is unknown.

Examples:
  neverstale store copy ./data postgres://fleet@db.example.org/fleet?sslmode=verify-full
  neverstale store copy postgres://fleet@db.example.org/fleet?sslmode=verify-full ./data`;

const PREPARE_HELP = `
<store> is postgres://user@host:5432/database?sslmode=verify-full, with a role that may alter the schema. The password is taken from the
URL, or from PGPASSWORD.

It makes the tables, or brings them to the form of this release. Do so once, and again before a newer release starts, where the nodes
serve as a role that may not do it. To prepare what is ready changes nothing. A node whose role owns the schema does it by itself.

Example:
  neverstale store prepare postgres://fleet_owner@db.example.org/fleet?sslmode=verify-full --grant-to fleet`;

export const addStore: AddCommand = (root) => {
  const store = root.command("store").description("prepare a database, or move the data between SQLite and PostgreSQL");
  store
    .command("prepare")
    .description("make the tables in a database, for nodes whose role may not")
    .argument("<store>", "the database, and a role that may alter it")
    .option(
      "--grant-to <role>",
      "the role as which the nodes serve: it gets the rights to read and write rows, and no others",
    )
    .option("--json", "print one JSON object")
    .addHelpText("after", PREPARE_HELP)
    .action(async (address: string, { grantTo, json }: { readonly grantTo?: string; readonly json?: boolean }) => {
      const { prepareFleetStore } = await import("@neverstale/fleet-server"); // The other commands start fast.
      await prepareFleetStore(address, grantTo);
      process.stdout.write(json === true ? '{"ready":true}\n' : "the database is ready\n");
    });
  store
    .command("copy")
    .description("copy everything from one store into an empty one")
    .argument("<from>", "the store that has the data")
    .argument("<to>", "the store that holds nothing yet")
    .option("--json", "print one JSON object")
    .addHelpText("after", COPY_HELP)
    .action(async (from: string, to: string, { json }: { readonly json?: boolean }) => {
      const { copyFleet } = await import("@neverstale/fleet-server"); // The other commands start fast.
      const progress = copyProgress(
        (line) => process.stderr.write(`${line}\n`),
        () => performance.now(),
      );
      const copy = await copyFleet(from, to, progress);
      if (json === true) {
        process.stdout.write(`${plainJson(JSON.stringify(copy))}\n`);
        return;
      }
      process.stdout.write(`copied ${copy.from} to ${copy.to}: ${countsText(copy.counts)}\n`);
      process.stdout.write("it was read back and is the same\n");
      if (copy.keyFile !== null)
        process.stdout.write(
          `the server's key is not in the store: give new nodes --secret-key-file ${copy.keyFile}\n`,
        );
    });
};
