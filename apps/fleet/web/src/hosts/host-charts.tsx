/** The charts show how a host's load moved while this page was open. */

import { Chart, useTrail } from "../components/sparkline.tsx";
import { decimal, percentage } from "../state/format.ts";
import { useRecord } from "../state/replica-hooks.ts";

export function HostCharts({ id }: { readonly id: string }) {
  const metrics = useRecord("metrics", id);
  const trail = useTrail(id);
  const mostLoad = Math.max(1, Math.ceil(trail.reduce((most, point) => Math.max(most, point.load1 ?? 0), 0)));
  return (
    <div className="charts">
      {PERCENTAGES.map(({ title, field }) => (
        <Chart
          key={field}
          title={title}
          now={percentage(metrics?.[field])}
          top="100 %"
          trail={trail}
          pick={(point) => point[field]}
          most={100}
        />
      ))}
      <Chart
        title="Load"
        now={decimal(metrics?.load1)}
        top={String(mostLoad)}
        trail={trail}
        pick={(point) => point.load1}
        most={mostLoad}
      />
    </div>
  );
}

const PERCENTAGES = [
  { title: "CPU", field: "cpu" },
  { title: "Memory", field: "ram" },
] as const;
