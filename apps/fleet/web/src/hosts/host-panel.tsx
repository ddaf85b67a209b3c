import type { Command, Event, Host, Metrics } from "@neverstale/fleet-domain";
import { callsItself, isFinal, labelOf } from "@neverstale/fleet-domain/schema-free";
import { useEffect, useRef } from "react";
import { opTitleOf } from "../commands/op-title.ts";
import { newestFirst } from "../commands/run-words.ts";
import { Icon } from "../components/icon.tsx";
import { commandLook, eventLook, HOST_LOOKS } from "../components/looks.ts";
import { type Look, Mark, Status } from "../components/mark.tsx";
import { Empty } from "../components/notice.tsx";
import { Chart, useTrail } from "../components/sparkline.tsx";
import { Ago, Moment } from "../components/time.tsx";
import { Link } from "../frame/place-link.tsx";
import { decimal, NONE, percent, span } from "../state/format.ts";
import { useView } from "../state/navigation.ts";
import { showOutput } from "../state/place.ts";
import { hostStatus } from "./host-filter.ts";
import { Tags } from "./host-line.tsx";

const SHOWN = 8;

export interface HostPanelProps {
  readonly host: Host;
  readonly metrics: Metrics | undefined;
  /** Of this host. */
  readonly commands: readonly Command[];
  readonly events: readonly Event[];
}

/** One host, beside the list: its readings, its checks, what ran on it and what happened to it. */
export function HostPanel({ host, metrics, commands, events }: HostPanelProps) {
  const view = useView();
  const title = useRef<HTMLHeadingElement>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another host in the panel is a new heading to read.
  useEffect(() => title.current?.focus({ preventScroll: true }), [host.id]);
  return (
    <aside className="panel" aria-labelledby="host-title">
      <header className="panel-head">
        <h2 id="host-title" className="panel-title foreign" ref={title} tabIndex={-1}>
          {labelOf(host)}
        </h2>
        <Link className="button button-plain" to={{ ...view, open: null }}>
          <Icon name="close" />
          <span className="visually-hidden">Close {labelOf(host)}</span>
        </Link>
      </header>
      <div className="panel-body">
        <p className="panel-lead value">
          <Status look={HOST_LOOKS[hostStatus(host)]} strong passing /> <Tags tags={host.tags} />
        </p>
        <Charts host={host} metrics={metrics} />
        <Facts host={host} metrics={metrics} />
        <Checks host={host} />
        <Runs host={host} commands={newestFirst(commands).slice(0, SHOWN)} />
        <Events events={events.toSorted((a, b) => (a.at < b.at ? 1 : -1)).slice(0, SHOWN)} />
      </div>
    </aside>
  );
}

/** In the place of a host that is not part of the fleet. */
export function NoSuchHost({ id }: { readonly id: string }) {
  const view = useView();
  return (
    <aside className="panel" aria-labelledby="host-title">
      <header className="panel-head">
        <h2 id="host-title" className="panel-title foreign">
          {id}
        </h2>
        <Link className="button button-plain" to={{ ...view, open: null }}>
          <Icon name="close" />
          <span className="visually-hidden">Close {id}</span>
        </Link>
      </header>
      <Empty title="There is no such host">It was removed, or the address is wrong.</Empty>
    </aside>
  );
}

function Charts({ host, metrics }: { readonly host: Host; readonly metrics: Metrics | undefined }) {
  const trail = useTrail(host.id);
  const mostLoad = Math.max(1, Math.ceil(trail.reduce((most, reading) => Math.max(most, reading.load1 ?? 0), 0)));
  return (
    <div className="charts">
      <Chart
        title="CPU"
        now={percent(metrics?.cpu)}
        top="100 %"
        trail={trail}
        pick={(reading) => reading.cpu}
        most={100}
      />
      <Chart
        title="Memory"
        now={percent(metrics?.ram)}
        top="100 %"
        trail={trail}
        pick={(reading) => reading.ram}
        most={100}
      />
      <Chart
        title="Load"
        now={decimal(metrics?.load1)}
        top={String(mostLoad)}
        trail={trail}
        pick={(reading) => reading.load1}
        most={mostLoad}
      />
    </div>
  );
}

function Facts({ host, metrics }: { readonly host: Host; readonly metrics: Metrics | undefined }) {
  const own = callsItself(host);
  const facts: readonly (readonly [string, React.ReactNode])[] = [
    ...(labelOf(host) === host.id ? [] : ([["Id", host.id]] as const)),
    ...(own === null ? [] : ([["Calls itself", own]] as const)),
    ...(host.clockSkewed === true ? ([["Clock", "wrong: set it on the machine"]] as const) : []),
    ["Swap", percent(metrics?.swap)],
    ["Disk", percent(metrics?.disk)],
    ["Up", metrics?.uptimeS === undefined ? NONE : span(metrics.uptimeS * 1_000)],
    ["Last seen", <Ago key="seen" at={metrics?.lastSeenAt} />],
    ["System", `${host.os} · ${host.arch}`],
    ["Agent", host.agentVersion],
    ["Location", host.location ?? NONE],
    ["Kind", host.deviceType ?? NONE],
    ["Enrolled", <Moment key="enrolled" at={host.enrolledAt} />],
  ];
  return (
    <dl className="facts">
      {facts.map(([word, value]) => (
        <div key={word} className="fact">
          <dt>{word}</dt>
          <dd className="foreign value">{value}</dd>
        </div>
      ))}
    </dl>
  );
}

const CHECK_LOOKS: Readonly<Record<Host["checks"][string]["status"], Look>> = {
  ok: { word: "OK", shape: "check", tone: "good" },
  outdated: { word: "Outdated", shape: "triangle", tone: "warn" },
  error: { word: "Error", shape: "cross", tone: "bad" },
  unknown: { word: "Unknown", shape: "question", tone: "quiet" },
};

function Checks({ host }: { readonly host: Host }) {
  const checks = Object.entries(host.checks).sort(([a], [b]) => a.localeCompare(b));
  if (checks.length === 0) return null;
  return (
    <section aria-labelledby="host-checks">
      <h3 id="host-checks">Checks</h3>
      <ul className="lines">
        {checks.map(([name, check]) => (
          <li key={name} className="line-item">
            <Status look={CHECK_LOOKS[check.status]} passing />
            <span className="line-main foreign">
              {name}: {check.message}
            </span>
            <span className="line-end">
              as of <Ago at={check.checkedAt} />
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Runs({ host, commands }: { readonly host: Host; readonly commands: readonly Command[] }) {
  const view = useView();
  return (
    <section aria-labelledby="host-runs">
      <h3 id="host-runs">Newest runs</h3>
      {commands.length === 0 && <p className="quiet">Nothing has run here yet.</p>}
      <ul className="lines">
        {commands.map((command) => (
          <li key={command.id} className="line-item">
            <span className="value">
              <Status look={commandLook(command.status)} passing={!isFinal(command.status)} />
            </span>
            <Link className="line-main foreign" to={showOutput(view, [command.id])}>
              {opTitleOf(command, host)}
            </Link>
            <span className="line-end">
              <Moment at={command.createdAt} />
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Events({ events }: { readonly events: readonly Event[] }) {
  return (
    <section aria-labelledby="host-events">
      <h3 id="host-events">Newest events</h3>
      {events.length === 0 && <p className="quiet">Nothing has happened lately.</p>}
      <ul className="lines">
        {events.map((event) => (
          <li key={event.id} className="line-item">
            <Mark shape={eventLook(event.level).shape} tone={eventLook(event.level).tone} />
            <span className="visually-hidden">{eventLook(event.level).word}</span>
            <span className="line-main foreign">{event.message}</span>
            <span className="line-end">
              <Moment at={event.at} />
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}
