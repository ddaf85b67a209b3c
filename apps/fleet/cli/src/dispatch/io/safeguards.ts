/** Options keep a dispatch from doing what nobody meant: a version that was seen, and for what is dangerous a number of hosts and a code. */

import type { SafeguardOptions } from "@neverstale/fleet-client";
import { type Fleet, isDangerousOp, isDangerousPipeline, SecondFactorAnswer } from "@neverstale/fleet-domain";
import { type Command, Option } from "commander";
import { integerBetween } from "../../command-line/flags.ts";
import { askAtTerminal, findCode } from "../../session/io/password.ts";
import type { CommandLineSession } from "../../session/io/session.ts";

export interface SafeguardFlags {
  readonly hostCount?: number;
  readonly ifVersion?: number;
}

export function withSafeguards(command: Command): Command {
  const seen = new Option(
    "--if-version <number>",
    "start nothing where one of the hosts has moved since this version of the state",
  );
  command.addOption(seen.argParser(integerBetween(0, Number.MAX_SAFE_INTEGER)));
  const option = new Option(
    "--host-count <number>",
    "on how many hosts it is to run, for what is dangerous; else it is asked for",
  );
  return command.addOption(option.argParser(integerBetween(0, 1_000_000)));
}

/** It returns no code and no number where none is asked for. Programs, and whoever has no second factor, are told by the server what to do. */
export async function findSafeguards(
  session: CommandLineSession,
  state: Fleet,
  { op, pipeline }: { readonly op?: string; readonly pipeline?: string },
  { hostCount, ifVersion }: SafeguardFlags,
): Promise<SafeguardOptions> {
  const seen = ifVersion === undefined ? {} : { ifVersion };
  const stages = state.pipelineRules.get(pipeline ?? "")?.stages ?? [];
  const isDangerous =
    op === undefined ? isDangerousPipeline(state, { name: pipeline ?? "", stages }) : isDangerousOp(state, op);
  if (!isDangerous || session.isByToken) return seen;
  const { confirmedAt } = SecondFactorAnswer.parse(await session.getJson("/api/second-factor"));
  if (confirmedAt === undefined) return seen;
  const what = op ?? `pipeline ${pipeline}`;
  // The number is asked for before the code, which counts for half a minute only.
  const typed =
    hostCount ?? Number(await askAtTerminal(`${what} is dangerous. On how many hosts is it to run?`, "--host-count"));
  return { ...seen, hostCount: typed, totp: await findCode(`to run ${what}; the one of the sign-in is used up`) };
}
