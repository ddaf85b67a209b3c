/** One chart of a host: a line for the mean and a band from the lowest to the highest value, for each of its metrics. */

import type { MetricName, Metrics } from "@neverstale/fleet-domain";
import { useEffect, useRef, useState } from "react";
import { clock } from "../../state/format.ts";
import { useServerNow } from "../../state/io/now.ts";
import { DrawnChart } from "./io/drawn-chart.ts";
import { type MetricColumns, summed } from "./metric-columns.ts";

export interface ChartKind {
  readonly title: string;
  readonly metrics: readonly { readonly name: MetricName; readonly words: string }[];
  readonly most: number | null;
  readonly words: (value: number) => string;
}

interface MetricChartProps {
  readonly kind: ChartKind;
  readonly columns: MetricColumns;
  /** It is the host's newest reading. */
  readonly newest: Metrics | undefined;
  readonly rangeMs: number;
  readonly rangeWords: string;
}

export function MetricChart({ kind, columns, newest, rangeMs, rangeWords }: MetricChartProps) {
  const element = useRef<HTMLDivElement>(null);
  const chart = useRef<DrawnChart>(null);
  const [point, setPoint] = useState<number | null>(null);
  const now = useServerNow();
  const shown = kind.metrics.filter(({ name }) => columns.metrics.has(name));
  const lines = shown.map(({ words }) => words).join("\n");
  useEffect(() => {
    if (element.current === null) return;
    const { most, words } = kind;
    const made = new DrawnChart({
      element: element.current,
      lines: lines.split("\n"),
      most,
      words,
      onPoint: setPoint,
      together: "host",
    });
    chart.current = made;
    return () => {
      chart.current = null;
      made.close();
    };
  }, [kind, lines]);
  useEffect(() => {
    const own = shown.flatMap(({ name }) => columns.metrics.get(name) ?? []);
    chart.current?.show({ times: columns.times, columns: own, fromS: (now - rangeMs) / 1_000, toS: now / 1_000 });
  });
  const at = point === null ? undefined : columns.times[point];
  return (
    <figure className="past-chart" aria-label={summaryWords(kind, columns, rangeWords)}>
      <figcaption>
        {kind.title}{" "}
        {shown.map(({ name, words }, line) => {
          const value = at === undefined ? newest?.[name] : columns.metrics.get(name)?.mean[point ?? 0];
          return (
            <span key={name} className={`past-value past-line-${line} value`}>
              {shown.length > 1 && `${words} `}
              <strong>{value === undefined || value === null ? "–" : kind.words(value)}</strong>
            </span>
          );
        })}
        <span className="chart-top">{at === undefined ? "" : clock(1_000 * at, now)}</span>
      </figcaption>
      <div className="past-canvas value" ref={element} aria-hidden="true" />
    </figure>
  );
}

/** Whoever can't see the chart is told what it shows. */
function summaryWords({ title, metrics, words }: ChartKind, columns: MetricColumns, range: string): string {
  const parts = metrics.flatMap(({ name, words: called }) => {
    const column = columns.metrics.get(name);
    const summary = column === undefined ? null : summed(column);
    if (summary === null) return [];
    const { lowest, mean, highest } = summary;
    return [`${called}: lowest ${words(lowest)}, mean ${words(mean)}, highest ${words(highest)}`];
  });
  return `${title} in the last ${range}. ${parts.join("; ")}`;
}
