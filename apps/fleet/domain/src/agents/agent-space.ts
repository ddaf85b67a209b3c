import type { ReadonlyJson } from "@neverstale/protocol";
import { collection, defineModel, patch, put, remove, type StateOf } from "@neverstale/protocol";
import { z } from "zod";
import { Args } from "../commands/op.ts";
import { Id, Name, Timestamp } from "../text.ts";

/** `agent/<host id>`: what that host's agent follows. */
export const AGENT_SPACES = "agent/";

export function agentSpace(hostId: string): string {
  return AGENT_SPACES + hostId;
}

/** Work for one host. It is here from the assignment until its end is known; never a command line, only an op's name. */
export const Assignment = z.object({
  id: Id,
  op: Name,
  args: Args,
  /** Not to be started after it, by the server's clock. */
  deadline: Timestamp.optional(),
  status: z.enum(["assigned", "claimed"]),
  /** Which start of the agent claimed it. */
  instance: Id.optional(),
  /** To be stopped: not started when it isn't running yet. */
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
