/** The charts of a host show its past from the server, and go on with each reading that comes. */

import type { MetricName, Metrics } from "@neverstale/fleet-domain";
import { useEffect, useMemo, useRef, useState } from "react";
import { Button, ToggleButton, ToggleButtonGroup } from "react-aria-components";
import { Notice } from "../../components/notice.tsx";
import { AnswerAge } from "../../components/time.tsx";
import { AS_OF } from "../../state/as-of.ts";
import { bytes, decimal, percentage } from "../../state/format.ts";
import { useNavigation, usePlace } from "../../state/navigation.ts";
import { useRecord, useReplica } from "../../state/replica-hooks.ts";
import { useHostPast } from "./host-past.ts";
import { type ChartKind, MetricChart } from "./metric-chart.tsx";
import { columnsOf, type HostPast } from "./metric-columns.ts";
import { type ChartRange, chartRange, RANGES } from "./ranges.ts";

export function HostPastCharts({ id }: { readonly id: string }) {
  const navigation = useNavigation();
  const range = chartRange(usePlace((place) => place.range));
  const { past, failure, ask } = usePast(id, range);
  const newest = useRecord("metrics", id);
  const readings = useReadings(id, newest, past);
  const columns = useMemo(() => (past === null ? null : columnsOf(past, readings, NAMES)), [past, readings]);
  const kinds = CHARTS.filter(({ metrics }) => metrics.some(({ name }) => columns?.metrics.has(name) === true));
  return (
    <section className="past" aria-label="Charts" {...AS_OF.answer}>
      <ToggleButtonGroup
        className="past-ranges"
        aria-label="How far back"
        selectionMode="single"
        disallowEmptySelection
        selectedKeys={[range.id]}
        onSelectionChange={([key]) => navigation.replace({ ...navigation.place, range: String(key) })}
      >
        {RANGES.map(({ id: key, words }) => (
          <ToggleButton key={key} id={key} className="past-range">
            {words}
          </ToggleButton>
        ))}
      </ToggleButtonGroup>
      {past !== null && <AnswerAge at={past.askedMs} />}
      {failure !== null && (
        <Notice tone="warn" shape="triangle">
          {failure}{" "}
          <Button className="button button-small" onPress={ask}>
            Ask again
          </Button>
        </Notice>
      )}
      {columns !== null && kinds.length === 0 && <p className="quiet">This host has told nothing in that time.</p>}
      {columns !== null &&
        kinds.map((kind) => (
          <MetricChart
            key={kind.title}
            kind={kind}
            columns={columns}
            newest={newest}
            rangeMs={range.ms}
            rangeWords={range.words}
          />
        ))}
    </section>
  );
}

const perSecond = (value: number) => `${bytes(Math.round(value))}/s`;

const CHARTS: readonly ChartKind[] = [
  { title: "CPU", metrics: [{ name: "cpu", words: "CPU" }], most: 100, words: percentage },
  {
    title: "Memory",
    metrics: [
      { name: "ram", words: "memory" },
      { name: "swap", words: "swap" },
    ],
    most: 100,
    words: percentage,
  },
  { title: "Load", metrics: [{ name: "load1", words: "load" }], most: null, words: decimal },
  { title: "Fullest disk", metrics: [{ name: "disk", words: "disk" }], most: 100, words: percentage },
  {
    title: "Network",
    metrics: [
      { name: "netIn", words: "in" },
      { name: "netOut", words: "out" },
    ],
    most: null,
    words: perSecond,
  },
  {
    title: "Disk transfer",
    metrics: [
      { name: "diskRead", words: "read" },
      { name: "diskWrite", words: "written" },
    ],
    most: null,
    words: perSecond,
  },
];

const NAMES: readonly MetricName[] = CHARTS.flatMap(({ metrics }) => metrics.map(({ name }) => name));

/** The past is asked for again when it has got one step longer, but not more often than this. */
const AGAIN_MS = 60_000;
/** The past may end so much before the moment at which it was asked for. */
const KEPT_MS = 120_000;

function usePast(id: string, range: ChartRange) {
  const askFor = useHostPast();
  const replica = useReplica();
  const [asked, setAsked] = useState(0);
  const [past, setPast] = useState<{ readonly of: string; readonly past: HostPast } | null>(null);
  const [failure, setFailure] = useState<string | null>(null);
  const of = `${id} ${range.id}`;
  // biome-ignore lint/correctness/useExhaustiveDependencies: somebody asks again by another number.
  useEffect(() => {
    let isOver = false;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const load = async () => {
      const to = replica.serverNow();
      try {
        const answer = await askFor(id, to - range.ms, to);
        if (isOver) return;
        setPast({ of, past: { answer, askedMs: to } });
        setFailure(null);
      } catch (error) {
        if (isOver) return;
        setFailure(error instanceof Error ? error.message : String(error));
      }
      timer = setTimeout(load, AGAIN_MS);
    };
    void load();
    return () => {
      isOver = true;
      clearTimeout(timer);
    };
  }, [askFor, replica, id, range, of, asked]);
  return { past: past?.of === of ? past.past : null, failure, ask: () => setAsked((number) => number + 1) };
}

/** Readings that have come since the charts of this host were opened. Those that the past already has are dropped. */
function useReadings(id: string, newest: Metrics | undefined, past: HostPast | null): readonly Metrics[] {
  const all = useRef<{ readonly id: string; readonly readings: readonly Metrics[] }>({ id, readings: [] });
  return useMemo(() => {
    const before = all.current.id === id ? all.current.readings : [];
    const isNew = newest !== undefined && before.at(-1)?.lastSeenAt !== newest.lastSeenAt;
    const readings = [...before, ...(isNew ? [newest] : [])].filter(
      ({ lastSeenAt }, index, { length }) =>
        Date.parse(lastSeenAt) > (past?.askedMs ?? 0) - KEPT_MS || index === length - 1,
    );
    all.current = { id, readings };
    return readings;
  }, [id, newest, past]);
}
