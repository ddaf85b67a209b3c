/** The line that does the same in a shell is made here, to be copied. */

import type { Args } from "@neverstale/fleet-domain";
import type { RunWhere } from "./run-opener.ts";

/** Hosts that were chosen one by one are named by their ids. */
export function cliLine({ server, what, where, args }: CliLineParts): string {
  const [command, name] = "op" in what ? ["dispatch", what.op] : ["pipeline", what.pipeline];
  const given = Object.entries(args).flatMap(([key, value]) => ["--arg", `${key}=${value}`]);
  return ["neverstale", command, name, ...whereWords(where), ...given, "--url", server].map(quoted).join(" ");
}

export interface CliLineParts {
  readonly server: string;
  readonly what: { readonly op: string } | { readonly pipeline: string };
  readonly where: RunWhere;
  readonly args: Args;
}

function whereWords(where: RunWhere): readonly string[] {
  switch (where.kind) {
    case "all":
      return ["all"];
    case "hosts":
      return where.ids;
    case "tag":
      return ["--tag", where.tag];
    case "group":
      return ["--group", where.name];
    case "filter":
      return ["--filter", where.text];
  }
}

/** A shell takes such a word as it is. */
const PLAIN = /^[\w@%+=:,./-]+$/;

/** Within single quotes a shell takes everything as it is, besides a single quote. */
function quoted(word: string): string {
  return PLAIN.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
