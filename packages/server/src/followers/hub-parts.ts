/** The parts of a hub are shared by all who serve its connections. */

import type { Millis } from "@neverstale/base";
import type { CommittedGroups } from "./committed-groups.ts";
import type { Knowledge } from "./confirming/knowledge.ts";
import type { SyncMetrics } from "./sync-metrics.ts";
import type { ViewMemory } from "./views/view-memory.ts";
import type { FrameCodec } from "./wire.ts";

export interface HubParts {
  readonly groups: CommittedGroups;
  readonly knowledge: Knowledge;
  readonly frames: FrameCodec;
  readonly beaconMs: Millis;
  readonly metrics: SyncMetrics;
  readonly viewMemory: ViewMemory;
}
