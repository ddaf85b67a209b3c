/** The page says what a dispatch will do before somebody presses the button, as far as the page can know. */

import type { ArgSpec, Args, Host, OpOffer, OpRule, PipelineRule } from "@neverstale/fleet-domain";
import { failuresAllowed, hostStatus, labelOf, waveEnds } from "@neverstale/fleet-domain/schema-free";
import { howMany, span } from "../state/format.ts";

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
  const plans = [
    planned("runs", ready, (all) => `${which(all)} ${all.length === 1 ? "runs" : "run"} it now.`),
    planned(wait || rule?.busy === "wait" ? "waits" : "blocked", busy, (all) => {
      return `${which(all)} ${be(all)} busy: it ${waits(wait || rule?.busy === "wait")}.`;
    }),
    planned(rule?.offline === "queue" ? "waits" : "blocked", offline, (all) => {
      return `${which(all)} ${be(all)} offline: it ${waits(rule?.offline === "queue")}.`;
    }),
    planned("blocked", unwell, (all) => {
      return `${which(all)} ${all.length === 1 ? "has" : "have"} no ok of ${preChecks.join(", ")}: it is blocked there.`;
    }),
    planned(
      "left_out",
      left,
      (all) => `${which(all)} ${all.length === 1 ? "does" : "do"} not allow it and ${be(all)} left out.`,
    ),
  ].flat();
  return { hosts: sent.map((host) => host.id), sentences: plans.map(({ sentence }) => sentence), groups: plans };
}

function planned(
  fate: PlannedHosts["fate"],
  hosts: readonly Host[] | undefined,
  tell: (hosts: readonly Host[]) => string,
): readonly PlannedHosts[] {
  return hosts === undefined || hosts.length === 0 ? [] : [{ fate, hosts, sentence: tell(hosts) }];
}

/** These hosts have the same before them, for the same reason. */
export interface PlannedHosts {
  readonly fate: "runs" | "waits" | "blocked" | "left_out";
  readonly hosts: readonly Host[];
  readonly sentence: string;
}

/** The first stage waits where it can't begin: a pipeline knows busy hosts, and tells of each stage why it waits. */
export function planPipeline(
  hosts: readonly Host[],
  rule?: Pick<PipelineRule, "waves" | "pauseMs" | "maxFail">,
): DispatchPlan {
  const first = "Stage by stage: a host goes on only while its own stages succeed.";
  const sentences = [first, ...(rule === undefined ? [] : waveSentences(hosts.length, rule))];
  return { hosts: hosts.map((host) => host.id), sentences, groups: [] };
}

/** `In 3 waves of 1, 4 and 32 hosts, 30 s apart. It goes no further once more than 2 hosts have failed.` */
function waveSentences(
  hosts: number,
  { waves, pauseMs, maxFail }: Pick<PipelineRule, "waves" | "pauseMs" | "maxFail">,
): readonly string[] {
  const ends = waves === undefined ? [] : waveEnds(waves, hosts);
  const sizes = ends.map((end, index) => end - (ends[index - 1] ?? 0));
  const shown = sizes.length > MOST_WAVES ? [...sizes.slice(0, MOST_WAVES), "…"] : sizes;
  const apart = pauseMs === undefined ? "" : `, ${span(pauseMs)} apart`;
  return [
    ...(sizes.length < 2 ? [] : [`In ${sizes.length} waves of ${shown.join(", ")} hosts${apart}.`]),
    ...(maxFail === undefined
      ? []
      : [`It goes no further once more than ${howMany(failuresAllowed(maxFail, hosts), "host")} failed.`]),
  ];
}

/** The sizes of so many waves are told. */
const MOST_WAVES = 6;

export interface DispatchPlan {
  /** The request names these hosts. */
  readonly hosts: readonly string[];
  /** There is one sentence for each kind of host. */
  readonly sentences: readonly string[];
  /** These are the kinds, with their hosts. A pipeline has none, since each stage finds the hosts as they are then. */
  readonly groups: readonly PlannedHosts[];
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
    .map(({ status, number }) => `${number.toLocaleString("en")} ${status}`);
  return `${hosts.length.toLocaleString("en")} selected: ${parts.join(", ")}`;
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
