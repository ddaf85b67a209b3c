/** The handout is what the server gives to machines that are to become hosts: its own agent, and a Node.js for those without one. */

import type { ReadonlyJson } from "@neverstale/protocol";
import { z } from "zod";

/** `GET /api/agent-package` says what the server hands out. Whoever installs it checks the hash that a person has seen here. */
export const AgentPackage = z.object({
  version: z.string(),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  bytes: z.int().min(0),
  /** Machines of these kinds need no Node.js of their own, such as `linux-x64`. The package holds the hash of each. */
  nodes: z.array(z.string()),
});
export type AgentPackage = ReadonlyJson<z.infer<typeof AgentPackage>>;
