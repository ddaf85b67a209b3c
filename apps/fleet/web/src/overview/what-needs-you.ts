/** The overview shows what needs a person now, and what is going on. */

import type { Command, Fleet, Host, Pipeline } from "@neverstale/fleet-domain";
import { isFinal, labelOf } from "@neverstale/fleet-domain/schema-free";
import { shownAlerts } from "../alerts/shown-alerts.ts";
import { newestCreatedFirst, sameIds } from "../state/record-lists.ts";

/** All of them are ids. */
export interface WhatNeedsYou {
  readonly alerts: readonly string[];
  /** Hosts that are offline, those that were lost last first. */
  readonly lost: readonly string[];
  /** Hosts that are online, and of which a check is not well. */
  readonly unwell: readonly string[];
  /** Runs that failed, where the op has not run again on that host since. */
  readonly failed: readonly string[];
  /** Pipelines that did not end on all hosts, and whose like has not run again since. */
  readonly unfinished: readonly string[];
  readonly running: readonly string[];
  readonly runningPipelines: readonly string[];
}

export function whatNeedsYou(fleet: Fleet): WhatNeedsYou {
  const hosts = [...fleet.hosts.values()];
  const commands = newestCreatedFirst([...fleet.commands.values()]);
  const pipelines = newestCreatedFirst([...fleet.pipelines.values()]);
  return {
    alerts: shownAlerts(fleet).filter((id) => fleet.alerts.get(id)?.status === "firing"),
    lost: ids(hosts.filter(({ online }) => !online).sort(lostLastFirst)),
    unwell: ids(hosts.filter((host) => host.online && !isWell(host)).sort(byLabel)),
    failed: ids(newestOfEach(commands.filter(isAlone), ({ op, host }) => `${op}\n${host}`).filter(hasFailed)),
    unfinished: ids(newestOfEach(pipelines, ({ name }) => name).filter(isUnfinished)),
    running: ids(commands.filter((command) => isAlone(command) && !isFinal(command.status))),
    runningPipelines: ids(pipelines.filter(({ status }) => status === "running")),
  };
}

/** With it, what did not change renders nothing. */
export function sameNeeds(one: WhatNeedsYou, other: WhatNeedsYou): boolean {
  return KEYS.every((key) => sameIds(one[key], other[key]));
}

const KEYS = ["alerts", "lost", "unwell", "failed", "unfinished", "running", "runningPipelines"] as const;

/** True when nothing needs anybody. Work that goes on needs nobody. */
export function isCalm({ alerts, lost, unwell, failed, unfinished }: WhatNeedsYou): boolean {
  return [alerts, lost, unwell, failed, unfinished].every((all) => all.length === 0);
}

function isWell({ checks }: Host): boolean {
  return Object.values(checks).every(({ status }) => status === "ok");
}

/** A command of a pipeline is told of by the pipeline. */
function isAlone({ pipelineId }: Command): boolean {
  return pipelineId === undefined;
}

const FAILED: ReadonlySet<string> = new Set<Command["status"]>(["failed", "timed_out", "lost"]);

function hasFailed({ status }: Command): boolean {
  return FAILED.has(status);
}

function isUnfinished({ status }: Pipeline): boolean {
  return status === "failed" || status === "partial";
}

/** The records come with the newest first. */
function newestOfEach<R>(records: readonly R[], keyOf: (record: R) => string): R[] {
  const seen = new Set<string>();
  return records.filter((record) => {
    const key = keyOf(record);
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}

function lostLastFirst(one: Host, other: Host): number {
  return (other.offlineSince ?? "").localeCompare(one.offlineSince ?? "") || byLabel(one, other);
}

/** It is made once: `localeCompare` makes one for each pair, which takes more than a second for 10,000 hosts. */
const NAMES = new Intl.Collator("en", { numeric: true });

function byLabel(one: Host, other: Host): number {
  return NAMES.compare(labelOf(one), labelOf(other));
}

function ids(records: readonly { readonly id: string }[]): readonly string[] {
  return records.map(({ id }) => id);
}
