/** A sparkline shows how a value moved in the last five minutes, as far as this page has seen it. */

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

/** Whoever uses it must also use the host's metrics: the trail gets longer when they are other ones. */
function useTrail(hostId: string): readonly TrailPoint[] {
  return useContext(TrailsContext).of(hostId);
}

interface CpuTrailProps {
  readonly value: number | undefined;
  readonly hostId: string;
}

/** It shows the processor's load now, and where it comes from. */
export function CpuTrail({ value, hostId }: CpuTrailProps) {
  const trail = useTrail(hostId);
  return (
    <span className={`meter meter-${meterLevel(value)}`}>
      <span className="meter-number value">{percentage(value)}</span>
      <Sparkline trail={trail} pick={(point) => point.cpu} most={100} />
      <span className="visually-hidden">CPU</span>
    </span>
  );
}
