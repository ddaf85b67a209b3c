/** The answers to a dispatch are checked before anybody relies on them: client and server may be of different releases. */

import { type EffectPosition, effectPosition } from "@neverstale/client";
import { isJsonObject, type JsonObject, type JsonValue, SyncError } from "@neverstale/protocol";

/** Throws `bad_message` when the answer is of another form. */
export function dispatchedOp(answer: JsonValue): DispatchedOp {
  const { commands, runId = null } = objectIn(answer);
  if (!Array.isArray(commands)) throw badAnswer("`commands` is not a list");
  if (typeof runId !== "string" && runId !== null) throw badAnswer("`runId` is not a string");
  return {
    ...effectPosition(answer),
    runId,
    commands: commands.map((command) => dispatchedCommand(objectIn(command))),
  };
}

/** Throws `bad_message` when the answer is of another form. */
export function dispatchedPipeline(answer: JsonValue): DispatchedPipeline {
  return { ...effectPosition(answer), pipelineId: textIn(objectIn(answer), "pipelineId") };
}

/** These commands were started or blocked. They are in the state from the position on. */
export interface DispatchedOp extends EffectPosition {
  /** Its commands have this id in common. Null: the server is of an earlier release. */
  readonly runId: string | null;
  readonly commands: readonly DispatchedCommand[];
}

export interface DispatchedCommand {
  readonly id: string;
  readonly host: string;
  readonly status: string;
  /** It says why the command is blocked. Null: it is not. */
  readonly reason: string | null;
}

export interface DispatchedPipeline extends EffectPosition {
  readonly pipelineId: string;
}

function dispatchedCommand(command: JsonObject): DispatchedCommand {
  const reason = typeof command.reason === "string" ? command.reason : null;
  return { id: textIn(command, "id"), host: textIn(command, "host"), status: textIn(command, "status"), reason };
}

export function objectIn(value: JsonValue): JsonObject {
  if (!isJsonObject(value)) throw badAnswer("an object was expected");
  return value;
}

export function textIn(object: JsonObject, member: string): string {
  const value = object[member];
  if (typeof value !== "string") throw badAnswer(`\`${member}\` is not a string`);
  return value;
}

function badAnswer(why: string): SyncError {
  return new SyncError("bad_message", `the answer is not as declared: ${why}`, {
    hint: "Client and server may be of different releases.",
  });
}
