/** The share of a pipeline is a pipeline on some of its hosts, as if there were no others. */

import type { Pipeline, PipelineStatus, Share } from "@neverstale/fleet-domain";

/** Waves, their pauses, and how many hosts may fail say something of the others, so they are left out. */
export function pipelineShareOf(
  pipeline: Pipeline,
  hosts: readonly string[],
): Pick<Share, "hosts" | "pipeline"> | null {
  if (hosts.length === 0) return null;
  const { id, name, stages, currentStage, requestedBy, createdAt, finishedAt, retryOf } = pipeline;
  const own = new Set(hosts);
  const failedHosts = pipeline.failedHosts.filter((host) => own.has(host));
  const unfinished = Object.fromEntries(Object.entries(pipeline.unfinished ?? {}).filter(([host]) => own.has(host)));
  const undone = new Set([...failedHosts, ...Object.keys(unfinished)]);
  return {
    hosts,
    pipeline: {
      ...{ id, name, stages, hosts, currentStage, failedHosts, requestedBy, createdAt },
      ...(Object.keys(unfinished).length > 0 && { unfinished }),
      ...(finishedAt !== undefined && { finishedAt }),
      ...(retryOf !== undefined && { retryOf }),
      status: statusOf(pipeline.status, undone.size, hosts.length),
    },
  };
}

function statusOf(status: PipelineStatus, undone: number, all: number): PipelineStatus {
  if (status === "running" || status === "cancelled") return status;
  if (undone === 0) return "complete";
  return undone < all ? "partial" : "failed";
}
