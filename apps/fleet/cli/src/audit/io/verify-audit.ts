/** `neverstale verify-audit` proves that nobody has altered the audit of a store. */

import type { AuditVerdict } from "@neverstale/fleet-server";
import { InvalidArgumentError, Option } from "commander";
import type { AddCommand } from "../../command-line/command.ts";
import { EXIT, Failure } from "../../command-line/failure.ts";
import { dataDirOption, something } from "../../command-line/flags.ts";
import { plainJson } from "../../terminal/plain-text.ts";
import { auditLines } from "../audit-lines.ts";

const HELP_TEXT = `
Each audit event carries a hash of itself and of the hash before it. They are read in the store itself, also while a server works on it,
and nothing is written. Status: 0 means proved, 1 that the chain is broken (the first break is named), 2 that nobody could tell.

Whoever can write to the store can also write the whole chain anew. So note the head that is printed somewhere else from time to time,
and give it with --noted later: then it must still be in the chain.

Examples:
  neverstale verify-audit --data-dir ./data
  neverstale verify-audit --store postgres://fleet@db.example.org/fleet?sslmode=verify-full --json
  neverstale verify-audit --noted 1234:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08`;

interface VerifyAuditFlags {
  readonly dataDir: string;
  readonly store?: string;
  readonly noted?: { readonly sequence: number; readonly hash: string };
  readonly json?: boolean;
}

export const addVerifyAudit: AddCommand = (root, end) => {
  root
    .command("verify-audit")
    .description("prove that no audit event was altered, removed or put in")
    .addOption(dataDirOption())
    .addOption(
      new Option("--store <store>", "a database, instead of a data directory")
        .env("NEVERSTALE_STORE")
        .argParser(something),
    )
    .addOption(new Option("--noted <number:hash>", "an event that must be in the chain").argParser(notedHead))
    .option("--json", "print the result as one JSON object")
    .addHelpText("after", HELP_TEXT)
    .action(async ({ store, dataDir, noted, json }: VerifyAuditFlags) => {
      const { verifyAudit } = await import("@neverstale/fleet-server"); // The other commands start fast.
      const verdict = await verifyAudit(store ?? dataDir, noted ?? null).catch(cannotTell);
      if (verdict === null)
        throw new Failure("there is no chain of audit events yet", {
          hint: "Start the server on it once with this release: the next audit event begins one.",
        });
      const lines = json === true ? [plainJson(JSON.stringify(verdict))] : auditLines(verdict);
      for (const line of lines) process.stdout.write(`${line}\n`);
      end.status = verdict.proved ? EXIT.ok : EXIT.no;
    });
};

/** A store that can't be read is neither proved nor broken. */
function cannotTell(error: unknown): AuditVerdict | null {
  if (!(error instanceof Error)) throw error;
  const hint = "hint" in error && typeof error.hint === "string" ? error.hint : "";
  throw new Failure(error.message, { hint, cause: error });
}

function notedHead(text: string): NonNullable<VerifyAuditFlags["noted"]> {
  const [, sequence, hash] = /^(\d{1,15}):([0-9a-f]{64})$/.exec(text) ?? [];
  if (sequence !== undefined && hash !== undefined) return { sequence: Number(sequence), hash };
  throw new InvalidArgumentError("Expected the number and the hash that were printed, such as 1234:9f86d0….");
}
