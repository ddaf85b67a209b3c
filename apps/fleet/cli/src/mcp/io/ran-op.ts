/** An op that a model asked for is followed in the state until all of it has ended, or for as long as the model waits. */

import type { DispatchedCommand, StateSync } from "@neverstale/fleet-client";
import { type Command, isFinal } from "@neverstale/fleet-domain";
import { endedCommand } from "../../dispatch/io/ended-command.ts";
import type { CommandLineSession } from "../../session/io/session.ts";
import { waitUntil } from "../../session/io/wait-until.ts";
import type { RanCommand, RunOp } from "../tool.ts";

export async function ranOp(
  session: CommandLineSession,
  sync: StateSync,
  { op, hosts, args, waitMs }: Parameters<RunOp>[0],
  signal: AbortSignal,
): Promise<RanCommand[]> {
  const { commands, ...position } = await sync.dispatchOp(op, hosts, { args, signal });
  const until = AbortSignal.any([signal, AbortSignal.timeout(waitMs)]);
  const isShown = await sync.reached(position, { signal: until }).then(
    () => true,
    () => false,
  );
  if (!isShown) return commands.map((command) => ({ ...command, hasEnded: hasEndedAtOnce(command), exitCode: null }));
  await waitUntil(sync, () => commands.every((command) => hasEnded(sync, command)), until);
  return await Promise.all(commands.map((command) => ranCommand(session, sync, command)));
}

function hasEndedAtOnce({ status }: DispatchedCommand): boolean {
  return status === "blocked";
}

/** A command that was shown and has left the live state has ended, since only ended ones leave it. */
function hasEnded({ state }: StateSync, dispatched: DispatchedCommand): boolean {
  const command = state.commands.get(dispatched.id);
  return hasEndedAtOnce(dispatched) || command === undefined || isFinal(command.status);
}

async function ranCommand(
  session: CommandLineSession,
  sync: StateSync,
  answer: DispatchedCommand,
): Promise<RanCommand> {
  const { id, host, status, reason } = answer;
  if (hasEndedAtOnce(answer)) return { id, host, status, hasEnded: true, exitCode: null, reason };
  const command: Command = sync.state.commands.get(id) ?? (await endedCommand(session, host, id));
  return {
    ...{ id, host, status: command.status, hasEnded: isFinal(command.status) },
    exitCode: command.exitCode ?? null,
    reason: command.reason ?? null,
  };
}
