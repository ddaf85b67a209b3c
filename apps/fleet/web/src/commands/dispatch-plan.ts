/** The page says what a dispatch will do before somebody presses the button, as far as the page can know. */

import type { ArgSpec, Args, Host, OpOffer, OpRule } from "@neverstale/fleet-domain";
import { hostStatus, labelOf } from "@neverstale/fleet-domain/schema-free";
import { howMany } from "../state/format.ts";

/**
 * A host that doesn't allow the op is left out of the request. The others are all sent, since the server decides on today's state. `rule` is
 * what the catalogue says of the op.
 */
export function planOp(hosts: readonly Host[], choice: OpChoice, wait: boolean, rule?: OpRule): DispatchPlan {
  const allowed = new Set(choice.allowedOn);
  const sent = hosts.filter((host) => allowed.has(host.id));
  const { preChecks = [] } = rule ?? {};
  const isWell = ({ checks }: Host) => preChecks.every((name) => checks[name]?.status === "ok");
  const sorted = Map.groupBy(sent, (host) =>
    hostStatus(host) === "ready" && !isWell(host) ? "unwell" : hostStatus(host),
  );
  const [ready, unwell] = [sorted.get("ready"), sorted.get("unwell")];
  const [busy, offline] = [sorted.get("busy"), sorted.get("offline")];
  const left = hosts.filter((host) => !allowed.has(host.id));
  const waits = (may: boolean) => (may ? "waits there" : "is blocked there");
  return {
    hosts: sent.map((host) => host.id),
    sentences: [
      ...(ready === undefined ? [] : [`${which(ready)} ${ready.length === 1 ? "runs" : "run"} it now.`]),
      ...(busy === undefined ? [] : [`${which(busy)} ${be(busy)} busy: it ${waits(wait || rule?.busy === "wait")}.`]),
      ...(offline === undefined
        ? []
        : [`${which(offline)} ${be(offline)} offline: it ${waits(rule?.offline === "queue")}.`]),
      ...(unwell === undefined
        ? []
        : [
            `${which(unwell)} ${unwell.length === 1 ? "has" : "have"} no ok of ${preChecks.join(", ")}: it is blocked there.`,
          ]),
      ...(left.length === 0
        ? []
        : [`${which(left)} ${left.length === 1 ? "does" : "do"} not allow it and ${be(left)} left out.`]),
    ],
  };
}

export function planPipeline(hosts: readonly Host[]): DispatchPlan {
  return {
    hosts: hosts.map((host) => host.id),
    sentences: ["Stage by stage: a host goes on only while its own stages succeed."],
  };
}

export interface DispatchPlan {
  /** The request names these hosts. */
  readonly hosts: readonly string[];
  /** There is one sentence for each kind of host. */
  readonly sentences: readonly string[];
}

/** An op can be chosen when the agent of at least one chosen host allows it. */
export interface OpChoice {
  readonly offer: OpOffer;
  /** The agents of these chosen hosts allow it. */
  readonly allowedOn: readonly string[];
}

export function opChoices(hosts: readonly Host[]): readonly OpChoice[] {
  const choices = new Map<string, { offer: OpOffer; allowedOn: string[] }>();
  for (const host of hosts) {
    for (const offer of host.ops) {
      const choice = choices.get(offer.name);
      if (choice === undefined) choices.set(offer.name, { offer, allowedOn: [host.id] });
      else choice.allowedOn.push(host.id);
    }
  }
  return [...choices.values()].sort((a, b) => a.offer.name.localeCompare(b.offer.name));
}

export function opTitle(offer: OpOffer): string {
  return offer.title ?? offer.name;
}

function which(hosts: readonly Host[]): string {
  const [only] = hosts;
  return hosts.length === 1 && only !== undefined ? labelOf(only) : howMany(hosts.length, "host");
}

function be(hosts: readonly Host[]): string {
  return hosts.length === 1 ? "is" : "are";
}

/** No more hosts than these are named one by one. */
const NAMED = 3;

/** It gives `2 of them are hidden by the filter: db-1, db-2.`, and null when none is. */
export function hiddenWords(hidden: readonly Host[]): string | null {
  if (hidden.length === 0) return null;
  const names = hidden.slice(0, NAMED).map(labelOf);
  const rest = hidden.length - names.length;
  const list = rest > 0 ? `${names.join(", ")} and ${howMany(rest, "other")}` : names.join(", ");
  return `${hidden.length} of them ${be(hidden)} hidden by the filter: ${list}.`;
}

/** It gives `37 selected: 35 ready, 1 busy, 1 offline`. */
export function chosenSummary(hosts: readonly Host[]): string {
  const parts = (["ready", "busy", "offline"] as const)
    .map((status) => ({ status, number: hosts.filter((host) => hostStatus(host) === status).length }))
    .filter(({ number }) => number > 0)
    .map(({ status, number }) => `${number} ${status}`);
  return `${hosts.length} selected: ${parts.join(", ")}`;
}

/** A field of the form says this before anything was typed into it. */
export function argDefault(spec: ArgSpec): string {
  return spec.default === undefined ? (spec.type === "choice" ? (spec.values[0] ?? "") : "") : String(spec.default);
}

/** The values have the types that the op asks for. An empty field is left to the op's own default. */
export function readArgs(specs: readonly ArgSpec[], textOf: (spec: ArgSpec) => string): Args {
  const args: Record<string, string | number> = {};
  for (const spec of specs) {
    const text = textOf(spec);
    if (text !== "") args[spec.name] = spec.type === "integer" ? Number(text) : text;
  }
  return args;
}
