/** An agent follows the space of its host, in which its work stands. */

import type { ReadonlyJson } from "@neverstale/protocol";
import { collection, defineModel, patch, put, remove, type StateOf } from "@neverstale/protocol";
import { z } from "zod";
import { Args } from "../commands/op.ts";
import { Id, Name, Timestamp } from "../text.ts";

/** The space of a host is called `agent/<host id>`. */
export const AGENT_SPACES = "agent/";

export function agentSpace(hostId: string): string {
  return AGENT_SPACES + hostId;
}

/** An assignment is work for one host. It is here until its end is known. It holds an op's name, and never a command line. */
export const Assignment = z.object({
  id: Id,
  op: Name,
  args: Args,
  /** After this time, by the server's clock, it must not be started. */
  deadline: Timestamp.optional(),
  status: z.enum(["assigned", "claimed"]),
  /** This start of the agent claimed it. */
  instance: Id.optional(),
  /** It is to be stopped, and not to be started when it isn't running yet. */
  cancelRequested: z.boolean().optional(),
});
export type Assignment = ReadonlyJson<z.infer<typeof Assignment>>;

export const agentModel = defineModel({
  model: 1,
  collections: { commands: collection(Assignment) },
  changes: {
    assignment_added: put("commands"),
    assignment_updated: patch("commands"),
    assignment_removed: remove("commands"),
  },
});
export type AgentState = StateOf<typeof agentModel>;
