/** These are the facts of a host, and the checks that its agent makes. */

import type { FileSystem, Host, Metrics } from "@neverstale/fleet-domain";
import { callsItself, labelOf } from "@neverstale/fleet-domain/schema-free";
import type { ReactNode } from "react";
import type { Look } from "../components/look.ts";
import { Mark } from "../components/mark.tsx";
import { Status } from "../components/status.tsx";
import { Ago, ClockTime } from "../components/time.tsx";
import { AS_OF } from "../state/as-of.ts";
import { bytes, decimal, NONE, percentage, span } from "../state/format.ts";
import { useRecord } from "../state/replica-hooks.ts";
import { clockDoubt } from "./host-clock.ts";

interface HostFactsProps {
  readonly host: Host;
  /** The host's page has sections of their own for some facts, which are left out here. */
  readonly onPage?: boolean;
}

export function HostFacts({ host, onPage = false }: HostFactsProps) {
  const metrics = useRecord("metrics", host.id);
  const own = callsItself(host);
  const facts: readonly (readonly [string, ReactNode])[] = [
    ...(labelOf(host) === host.id ? [] : ([["Id", host.id]] as const)),
    ...(own === null ? [] : ([["Calls itself", own]] as const)),
    ...clockOf(host),
    ...(onPage ? ([["Memory", percentage(metrics?.ram)]] as const) : []),
    ["Swap", percentage(metrics?.swap)],
    ...(onPage ? [] : ([["Disk", percentage(metrics?.disk)], ...fileSystemsOf(metrics?.fileSystems ?? [])] as const)),
    ["Network", ratesOf(metrics?.netIn, metrics?.netOut)],
    ["Disk traffic", ratesOf(metrics?.diskRead, metrics?.diskWrite)],
    ["Processors", metrics?.cores ?? NONE],
    ...limitsOf(metrics),
    ["Up", metrics?.uptimeS === undefined ? NONE : span(metrics.uptimeS * 1_000)],
    ["Last seen", <Ago key="seen" at={metrics?.lastSeenAt} />],
    ["System", `${host.os} · ${host.arch}`],
    ...(onPage ? [["Load", decimal(metrics?.load1)] as const] : placeOf(host)),
    ["Enrolled", <ClockTime key="enrolled" at={host.enrolledAt} />],
  ];
  return (
    <dl className="facts" {...AS_OF.reading}>
      {facts.map(([word, value]) => (
        <div key={word} className="fact">
          <dt>{word}</dt>
          <dd className="foreign value">{value}</dd>
        </div>
      ))}
    </dl>
  );
}

function clockOf(host: Host): readonly Fact[] {
  const doubt = clockDoubt(host);
  if (doubt === null) return [];
  const { clockOffset } = host;
  return [
    [
      "Clock",
      <span key="clock" className="doubt">
        <Mark shape="clock" tone="warn" /> {doubt}: set it on the machine
        {clockOffset !== undefined && (
          <>
            {" "}
            (measured <Ago at={clockOffset.measuredAt} />)
          </>
        )}
      </span>,
    ],
  ];
}

/** On the host's page these can be changed where they stand. */
function placeOf(host: Host): readonly Fact[] {
  return [
    ["Agent", host.agentVersion],
    ["Location", host.location ?? NONE],
    ["Kind", host.deviceType ?? NONE],
  ];
}

type Fact = readonly [string, ReactNode];

/** One file system alone is what the line above says already. */
function fileSystemsOf(fileSystems: readonly FileSystem[]): readonly Fact[] {
  if (fileSystems.length < 2) return [];
  return [["File systems", fileSystems.map(({ path, used }) => `${path} ${percentage(used)}`).join(" · ")]];
}

function ratesOf(coming: number | undefined, going: number | undefined): string {
  if (coming === undefined || going === undefined) return NONE;
  return `${bytes(coming)}/s in · ${bytes(going)}/s out`;
}

/** A container may use less than its machine has. */
function limitsOf(metrics: Metrics | undefined): readonly Fact[] {
  const { coresAllowed, memoryAllowed, memoryOfAllowed } = metrics ?? {};
  return [
    ...(coresAllowed === undefined ? [] : [["Processors allowed", decimal(coresAllowed)] as const]),
    ...(memoryAllowed === undefined
      ? []
      : [["Memory allowed", `${bytes(memoryAllowed)}, ${percentage(memoryOfAllowed)} used`] as const]),
  ];
}

export function HostChecks({ host }: { readonly host: Host }) {
  const checks = Object.entries(host.checks).sort(([a], [b]) => a.localeCompare(b));
  if (checks.length === 0) return null;
  return (
    <section aria-labelledby="host-checks">
      <h3 id="host-checks">Checks</h3>
      <ul className="lines">
        {checks.map(([name, check]) => (
          <li key={name} className="line-item" {...AS_OF.reading}>
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

const CHECK_LOOKS: Readonly<Record<Host["checks"][string]["status"], Look>> = {
  ok: { word: "OK", shape: "check", tone: "good" },
  outdated: { word: "Outdated", shape: "triangle", tone: "warn" },
  error: { word: "Error", shape: "cross", tone: "bad" },
  unknown: { word: "Unknown", shape: "question", tone: "quiet" },
};
