import type { PipelineOffer } from "./run-bar.tsx";

/** The pipelines of this release, as the server knows them. */
export const PIPELINE_OFFERS: readonly PipelineOffer[] = [{ name: "health", stages: ["uptime", "disk", "memory"] }];
