import { createContext, useContext } from "react";
import { percent } from "../state/format.ts";
import { type Reading, Trails, trailPath } from "../state/trails.ts";
import { levelOf } from "./meter.tsx";

export const TrailsContext = createContext(new Trails());

export function useTrail(hostId: string): readonly Reading[] {
  return useContext(TrailsContext).of(hostId);
}

interface LineProps {
  readonly trail: readonly Reading[];
  readonly pick: (reading: Reading) => number | undefined;
  readonly most: number;
}

/** The last five minutes that this page has seen. */
function Line({ trail, pick, most }: LineProps) {
  return (
    <svg className="spark" viewBox="0 -4 100 108" preserveAspectRatio="none" aria-hidden="true" focusable="false">
      <path className="spark-line" d={trailPath(trail, pick, most)} fill="none" vectorEffect="non-scaling-stroke" />
    </svg>
  );
}

/** A percentage with where it comes from. */
export function PercentTrail({
  label,
  value,
  hostId,
}: {
  readonly label: string;
  readonly value: number | undefined;
  readonly hostId: string;
}) {
  const trail = useTrail(hostId);
  return (
    <span className={`meter meter-${levelOf(value)}`}>
      <span className="meter-number value">{percent(value)}</span>
      <Line trail={trail} pick={(reading) => reading.cpu} most={100} />
      <span className="visually-hidden">{label}</span>
    </span>
  );
}

interface ChartProps extends LineProps {
  readonly title: string;
  /** The newest value, as it reads. */
  readonly now: string;
  /** What the upper edge stands for. */
  readonly top: string;
}

export function Chart({ title, now, top, ...line }: ChartProps) {
  return (
    <figure className="chart">
      <figcaption>
        {title} <strong className="value">{now}</strong>
        <span className="chart-top">{top}</span>
      </figcaption>
      <Line {...line} />
    </figure>
  );
}
