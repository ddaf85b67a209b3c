/** A sparkline shows how a value moved in the last five minutes, as far as this page has seen it. */

import type { Metrics } from "@neverstale/fleet-domain";
import { createContext, useContext } from "react";
import { percentage } from "../state/format.ts";
import { type TrailPoint, Trails, trailPath } from "../state/trails.ts";
import { meterLevel } from "./meter.tsx";

interface SparklineProps {
  readonly trail: readonly TrailPoint[];
  readonly pick: (point: TrailPoint) => number | undefined;
  readonly most: number;
}

function Sparkline({ trail, pick, most }: SparklineProps) {
  return (
    <svg className="spark" viewBox="0 -4 100 108" preserveAspectRatio="none" aria-hidden="true" focusable="false">
      <path className="spark-line" d={trailPath(trail, pick, most)} fill="none" vectorEffect="non-scaling-stroke" />
    </svg>
  );
}

export const TrailsContext = createContext(new Trails());

/** The newest readings are its end, unless the page shows an older moment. They are remembered here, too: of a large fleet nothing else is remembered than what is looked at. */
function useTrail(hostId: string, metrics: Metrics | undefined): readonly TrailPoint[] {
  const trails = useContext(TrailsContext);
  const newest = trails.of(hostId).at(-1)?.at ?? 0;
  if (metrics !== undefined && Date.parse(metrics.lastSeenAt) > newest) trails.record(metrics);
  return trails.of(hostId);
}

interface CpuTrailProps {
  readonly hostId: string;
  readonly metrics: Metrics | undefined;
}

/** It shows the processor's load now, and where it comes from. */
export function CpuTrail({ hostId, metrics }: CpuTrailProps) {
  const trail = useTrail(hostId, metrics);
  const value = metrics?.cpu;
  return (
    <span className={`meter meter-${meterLevel(value)}`}>
      <span className="meter-number value">{percentage(value)}</span>
      <Sparkline trail={trail} pick={(point) => point.cpu} most={100} />
      <span className="visually-hidden">CPU</span>
    </span>
  );
}
