/** A plan is everything that happens in one run, in words that fit into a file. */

import type { WorldConfig } from "../world/surroundings.ts";
import type { Deed } from "./deeds.ts";
import type { NodesPlan } from "./nodes-plan.ts";
import type { ReadersPlan } from "./readers-plan.ts";

/** Chances within an action follow from its `id`. */
export interface RunPlan {
  readonly config: WorldConfig;
  readonly clients: readonly ClientPlan[];
  readonly actions: readonly PlannedAction[];
  /** Things go wrong for so many ms. Then everything heals, and everyone must become level. */
  readonly faultyMs: number;
  /** Some runs explore several nodes on one database at the end, in a world of their own. */
  readonly nodes?: NodesPlan;
  /** Some runs have readers, who follow over HTTP. */
  readonly readers?: ReadersPlan;
}

/** A world of pages that mutate has nothing beside it. */
export type PagesPlan = Pick<RunPlan, "config" | "clients" | "actions" | "faultyMs">;

/** Followers of views are alone in their world, and half of such runs go on with followers of views at several nodes. */
export type ViewsPlan = PagesPlan & Pick<RunPlan, "nodes">;

export interface ClientPlan {
  readonly name: string;
  /** A page is a tab whose replica has mutations. */
  readonly kind: "tab" | "agent" | "plain" | "page";
  readonly space: string;
  readonly joinsAtMs: number;
  readonly latencyMs: number;
  readonly jitterMs: number;
  readonly kernelBytes: number;
  readonly late: number;
  readonly tcpTimeoutMs: number;
  readonly httpLoss: number;
  readonly httpDouble: number;
  /** With true it asks for large messages in parts (rule M9). */
  readonly parts?: boolean;
  /** With true it takes steps (rule E7). */
  readonly steps?: boolean;
  /** A page keeps over a reload what it has asked for, so many mutations at most. */
  readonly keeps?: { readonly bound: number };
}

export type PlannedAction = { readonly at: number; readonly id: number } & Deed;
