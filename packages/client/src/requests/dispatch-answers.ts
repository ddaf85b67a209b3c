import { isJsonObject, type JsonObject, type JsonValue, SyncError } from "@neverstale/protocol";
import type { EffectPosition } from "./dispatch.ts";

export interface DispatchedCommand {
  readonly id: string;
  readonly host: string;
  readonly status: string;
  readonly reason: string | null;
}

export interface DispatchedOp extends EffectPosition {
  readonly commands: readonly DispatchedCommand[];
}

export interface DispatchedPipeline extends EffectPosition {
  readonly pipelineId: string;
}

/** Throws `bad_message` when the answer is of another form. */
export function dispatchedOp(answer: JsonValue): DispatchedOp {
  const { commands, ...rest } = objectOf(answer);
  if (!Array.isArray(commands)) throw bad("`commands` is not a list");
  return { ...effectPosition(rest), commands: commands.map((command) => dispatchedCommand(objectOf(command))) };
}

export function dispatchedPipeline(answer: JsonValue): DispatchedPipeline {
  const object = objectOf(answer);
  return { ...effectPosition(object), pipelineId: text(object, "pipelineId") };
}

/** Of any answer that tells where its effect is. */
export function effectPosition(answer: JsonValue): EffectPosition {
  const object = objectOf(answer);
  const { version } = object;
  if (!Number.isSafeInteger(version)) throw bad("`version` is not a whole number");
  return { epoch: text(object, "epoch"), version: version as number };
}

function dispatchedCommand(command: JsonObject): DispatchedCommand {
  const reason = typeof command.reason === "string" ? command.reason : null;
  return { id: text(command, "id"), host: text(command, "host"), status: text(command, "status"), reason };
}

function objectOf(value: JsonValue): JsonObject {
  if (!isJsonObject(value)) throw bad("an object was expected");
  return value;
}

function text(object: JsonObject, member: string): string {
  const value = object[member];
  if (typeof value !== "string") throw bad(`\`${member}\` is not a string`);
  return value;
}

function bad(why: string): SyncError {
  return new SyncError("bad_message", `the answer to the dispatch is not as declared: ${why}`, {
    hint: "Client and server may be of different releases.",
  });
}
