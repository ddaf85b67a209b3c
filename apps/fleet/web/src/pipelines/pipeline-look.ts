/** A pipeline's status looks like this. */

import type { PipelineStatus } from "@neverstale/fleet-domain";
import type { Look } from "../components/status.tsx";

/** A status that only a newer server knows is shown by its name. */
export function pipelineLook(status: PipelineStatus): Look {
  return PIPELINE_LOOKS[status] ?? { word: status, shape: "question", tone: "quiet" };
}

const PIPELINE_LOOKS: Readonly<Record<PipelineStatus, Look>> = {
  running: { word: "Running", shape: "turn", tone: "busy" },
  complete: { word: "Complete", shape: "check", tone: "good" },
  partial: { word: "Partial", shape: "half", tone: "warn" },
  failed: { word: "Failed", shape: "cross", tone: "bad" },
  cancelled: { word: "Cancelled", shape: "slash", tone: "quiet" },
};
