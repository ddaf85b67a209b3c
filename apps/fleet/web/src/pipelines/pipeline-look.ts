/** A pipeline's status looks like this. */

import type { PipelineStatus } from "@neverstale/fleet-domain";
import { type Look, lookOf } from "../components/look.ts";

export function pipelineLook(status: PipelineStatus): Look {
  return lookOf(PIPELINE_LOOKS, status);
}

const PIPELINE_LOOKS: Readonly<Record<PipelineStatus, Look>> = {
  running: { word: "Running", shape: "turn", tone: "busy" },
  complete: { word: "Complete", shape: "check", tone: "good" },
  partial: { word: "Partial", shape: "half", tone: "warn" },
  failed: { word: "Failed", shape: "cross", tone: "bad" },
  cancelled: { word: "Cancelled", shape: "slash", tone: "quiet" },
};
