/** A tool is one thing that a model may ask for: its name, what it takes, and what it does with the fleet. */

import type { Fleet } from "@neverstale/fleet-domain";
import type { JsonObject } from "@neverstale/protocol";
import type { z } from "zod";

export interface Tool<I extends z.ZodObject = z.ZodObject> {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly input: I;
  /** True means that it changes nothing. */
  readonly readsOnly: boolean;
  /** Throws what says why there is no answer. */
  readonly run: (input: z.output<I>, asked: ToolContext) => Promise<JsonObject> | JsonObject;
}

/** A tool sees the fleet as a dashboard does, and no more of it than the token may. */
export interface ToolContext {
  /** The fleet as it is now. */
  readonly fleet: Fleet;
  readonly signal: AbortSignal;
  /** Asks the server for what is not in the state any more. */
  readonly getJson: (path: string) => Promise<unknown>;
  readonly getText: (path: string) => Promise<string>;
  readonly runOp: RunOp;
}

/** Starts an op, and waits until all has ended or the time is over. */
export type RunOp = (asked: {
  readonly op: string;
  readonly hosts: readonly string[];
  readonly args: Readonly<Record<string, string | number>>;
  readonly waitMs: number;
}) => Promise<readonly RanCommand[]>;

export interface RanCommand {
  readonly id: string;
  readonly host: string;
  readonly status: string;
  readonly hasEnded: boolean;
  readonly exitCode: number | null;
  readonly reason: string | null;
}

/** The input is checked before the tool sees it. */
export function tool<I extends z.ZodObject>(described: Tool<I>): Tool {
  return described as unknown as Tool;
}
