/** A user dispatches an op or a pipeline on hosts, or stops what was dispatched. */

import {
  type Args,
  type Command,
  checkArgs,
  type DispatchAnswer,
  type DispatchRequest,
  type GrantedTags,
  type Host,
  isFinal,
  isHostGranted,
  type Pipeline,
  type PipelineRequest,
  type RetryPipeline,
  waveEnds,
} from "@neverstale/fleet-domain";
import { type Acting, grantedCommand, grantedHost } from "../accounts/granted.ts";
import { hostCount, note } from "../fleet/note.ts";
import { RequestRefusal } from "../fleet/refusal.ts";
import { RELIED_OF_HOST, type Relied } from "../fleet/unmoved.ts";
import type { Work } from "../fleet/work.ts";
import { idsIn, type Where } from "../hosts/targets.ts";
import { assign, cancelCommand, endCommand, keepWaiting, type Place, place } from "./decide.ts";
import { conclude, drive, WAITS_FOR_STAGE, WAITS_FOR_WAVE } from "./driver.ts";
import { createCommand } from "./new-command.ts";

/**
 * An op starts on hosts, in one transaction with the agents' work and the audit event. The request is refused whole, or there is an
 * answer for each host.
 */
export function dispatchOp(work: Work, request: DispatchRequest, by: Acting, idFor: IdFor): StartedOp {
  const actor = by.user;
  const runId = idFor("run");
  const hosts = knownHosts(work, request, by.tags);
  const args = checkedArgs(hosts, request);
  const commands = hosts.map((host) => startCommand(work, host, request, args, { runId, requestedBy: actor }, idFor));
  note(
    work,
    dispatchEvent(request, commands, actor),
    {
      targets: commands.map(({ host }) => host),
      ...(request.args !== undefined && { args: request.args }),
      result: resultOf(commands),
    },
    {
      hosts: commands.length === 1 ? [] : commands.map(({ host }) => host),
      tell: (hosts) => `${actor} started ${request.op} on ${hostCount(hosts.length)}`,
    },
  );
  return { runId, commands };
}

type StartedOp = Pick<DispatchAnswer, "runId" | "commands">;

/** It names what is made. A repeat of a request with an idempotency key gives the same names. */
export type IdFor = (part: string) => string;

/**
 * It relies on the hosts that are meant now, on the saved group by which they were found, and on what the catalogue says of what is to run
 * there.
 */
export function reliedOnBy(work: Work, request: DispatchRequest | PipelineRequest, tags: GrantedTags): Relied[] {
  const hosts = knownHosts(work, request, tags).map(({ id }) => reliedHost(id));
  const group = request.target?.group;
  return [
    ...hosts,
    ...(group === undefined ? [] : [{ collection: "groups", id: group } as const]),
    ...("pipeline" in request
      ? rulesOfPipeline(work, request.pipeline)
      : [{ collection: "opRules", id: request.op } as const]),
  ];
}

function rulesOfPipeline({ fleet }: Work, id: string): Relied[] {
  const ops = [...new Set(fleet.pipelineRules.get(id)?.stages ?? [])];
  return [{ collection: "pipelineRules", id }, ...ops.map((op) => ({ collection: "opRules", id: op }) as const)];
}

/** A retry relies on the hosts on which it is to run again. */
export function reliedOnByRetry(
  work: Work,
  pipeline: Pipeline,
  only: RetryPipeline["only"],
  tags: GrantedTags,
): Relied[] {
  return leftOf(work, pipeline, only, tags).map(({ host }) => reliedHost(host));
}

function reliedHost(id: string): Relied {
  return { collection: "hosts", id, fields: RELIED_OF_HOST };
}

/** A host that is not shown to whoever asks is as unknown as one that is not there. Saved groups are for who sees the whole fleet. */
function knownHosts(work: Work, where: Where, tags: GrantedTags): Host[] {
  const group = where.target?.group;
  if (tags !== null && group !== undefined) throw new RequestRefusal("not_found", `there is no group ${group}`);
  return [...new Set(idsIn(work.fleet, where, (host) => isHostGranted(tags, host)))].map((id) => {
    const host = grantedHost(work.fleet, tags, id);
    if (host === null)
      throw new RequestRefusal("unknown_host", `there is no host ${id}`, {
        hint: "Nothing was started. Leave it out and try again.",
      });
    return host;
  });
}

/** Arguments are checked by the offer of each host that has one. Hosts without an offer are blocked later. */
function checkedArgs(hosts: readonly Host[], request: DispatchRequest): ReadonlyMap<string, Args> {
  const checked = new Map<string, Args>();
  for (const host of hosts) {
    const offer = host.ops.find((candidate) => candidate.name === request.op);
    if (offer === undefined) continue;
    const check = checkArgs(offer, request.args ?? {});
    if (!check.ok)
      throw new RequestRefusal("invalid_args", `${host.id}: ${check.problem}`, {
        hint: `Nothing was started. See the arguments of ${request.op} in the host's ops.`,
      });
    checked.set(host.id, check.args);
  }
  if (checked.size > 0) return checked;
  throw new RequestRefusal("unknown_op", `none of these hosts allows ${request.op}`, {
    hint: "Allow it in the host's agent.yaml.",
  });
}

/**
 * Each command's answer is told now: when many are blocked, the first ones have left the state when the last one is made.
 */
function startCommand(
  work: Work,
  host: Host,
  request: DispatchRequest,
  args: ReadonlyMap<string, Args>,
  of: Pick<Command, "requestedBy"> & { readonly runId: string },
  idFor: IdFor,
): DispatchAnswer["commands"][number] {
  const id = idFor(host.id);
  const placed = place(work, { host: host.id, op: request.op }, work.at.ms);
  const made = { id, host: host.id, op: request.op, args: args.get(host.id) ?? request.args ?? {}, ...of };
  if (placed.kind !== "assign" && !mayWait(work, placed, request)) {
    const { iso } = work.at;
    const ended = {
      status: "blocked",
      reason: placed.reason,
      createdAt: iso,
      finishedAt: iso,
      outputBytes: 0,
      retired: true,
    } as const;
    work.change("command_started", host.id, { ...made, ...ended });
    return { id, host: host.id, status: "blocked", reason: placed.reason };
  }
  createCommand(work, made, placed.kind === "assign" ? "assigned" : placed.reason);
  const command = work.fleet.commands.get(id) as Command;
  if (placed.kind !== "assign") {
    keepWaiting(work, command, placed.reason);
    return { id, host: host.id, status: "pending", reason: placed.reason };
  }
  assign(work, command);
  return { id, host: host.id, status: "pending" };
}

function mayWait(work: Work, placed: Place, { op, wait, force }: DispatchRequest): boolean {
  const rule = work.fleet.opRules.get(op);
  if (placed.kind === "busy") return wait === true || force === true || rule?.busy === "wait";
  return placed.kind === "offline" && (force === true || rule?.offline === "queue");
}

function resultOf(commands: DispatchAnswer["commands"]): string {
  const blocked = commands.filter(({ status }) => status === "blocked").length;
  return blocked === 0 ? "accepted" : `blocked on ${hostCount(blocked)}`;
}

function dispatchEvent(request: DispatchRequest, commands: DispatchAnswer["commands"], actor: string) {
  const blocked = commands.filter((command) => command.status === "blocked");
  const [only] = commands;
  const where = commands.length === 1 && only !== undefined ? only.host : hostCount(commands.length);
  const but = blocked.length === 0 ? "" : `, blocked on ${blocked.length}: ${blocked[0]?.reason ?? ""}`;
  return {
    category: "audit",
    level: blocked.length === 0 ? "info" : "warn",
    actor,
    ...(commands.length === 1 && only !== undefined ? { host: only.host } : {}),
    action: "op_dispatched",
    message: `${actor} started ${request.op} on ${where}${but}`,
    details: { op: request.op, hosts: commands.length, blocked: blocked.length },
  } as const;
}

/** A pipeline of the catalogue starts on hosts. What it is to do is as the catalogue says now, whatever becomes of that later. */
export function dispatchPipeline(
  work: Work,
  request: PipelineRequest,
  by: Acting,
  idFor: IdFor,
): { pipelineId: string } {
  const rule = work.fleet.pipelineRules.get(request.pipeline);
  if (rule === undefined)
    throw new RequestRefusal("unknown_pipeline", `there is no pipeline ${request.pipeline}`, {
      hint: `There are: ${[...work.fleet.pipelineRules.keys()].join(", ") || "none"}.`,
    });
  const { id: name, title: _, ...plan } = rule;
  const hosts = knownHosts(work, request, by.tags).map((host) => host.id);
  return startPipeline(work, { ...plan, name, hosts: hosts.map((host) => ({ host, from: 0 })) }, by.user, idFor);
}

/**
 * It runs again exactly what did not succeed, from the stage on at which each host stopped. Whoever sees some of its hosts only runs it
 * again on those.
 */
export function retryPipeline(
  work: Work,
  pipeline: Pipeline,
  only: RetryPipeline["only"],
  by: Acting,
  idFor: IdFor,
): { pipelineId: string } {
  const { tags } = by;
  if (pipeline.status === "running")
    throw new RequestRefusal("bad_request", `pipeline ${pipeline.name} still runs`, {
      hint: "Wait for its end, or cancel it first.",
    });
  const { name, stages, waves, pauseMs, maxFail } = pipeline;
  const left = leftOf(work, pipeline, only, tags);
  if (left.length === 0)
    throw new RequestRefusal("bad_request", `pipeline ${name} left nothing of that to be done`, {
      hint: "Look at its hosts: those that succeeded are not run again, and hosts that were removed are gone.",
    });
  return startPipeline(
    work,
    { name, stages, waves, pauseMs, maxFail, hosts: left, retryOf: pipeline.id },
    by.user,
    idFor,
  );
}

/** It returns the hosts on which something was left undone, and the stage at which each of them stopped. */
function leftOf(
  { fleet }: Work,
  { hosts, unfinished = {} }: Pipeline,
  only: RetryPipeline["only"],
  tags: GrantedTags,
): PipelineStart["hosts"] {
  return hosts.flatMap((host) => {
    const stopped = unfinished[host];
    const isMeant = stopped !== undefined && (stopped.started || only === "failed_and_not_started");
    return isMeant && grantedHost(fleet, tags, host) !== null ? [{ host, from: stopped.stage }] : [];
  });
}

/** A pipeline run is shown to whom one of its hosts is shown. Where all of them are gone it is for those who see the whole fleet. */
export function shownPipeline({ fleet }: Work, id: string, tags: GrantedTags): Pipeline {
  const pipeline = fleet.pipelines.get(id);
  const isShown = tags === null || pipeline?.hosts.some((host) => grantedHost(fleet, tags, host) !== null) === true;
  if (pipeline !== undefined && isShown) return pipeline;
  throw new RequestRefusal("unknown_pipeline", `there is no pipeline run ${id}`);
}

interface PipelineStart extends Pick<Pipeline, "name" | "stages" | "waves" | "pauseMs" | "maxFail" | "retryOf"> {
  /** The stages before `from` are not run there. */
  readonly hosts: readonly { readonly host: string; readonly from: number }[];
}

/** Every command of a pipeline's grid is made at once, and the driver gives out the first stage. */
function startPipeline(work: Work, start: PipelineStart, actor: string, idFor: IdFor): { pipelineId: string } {
  const { hosts: places, ...plan } = start;
  const { name, stages, retryOf } = plan;
  const id = idFor("pipeline");
  const hosts = places.map(({ host }) => host);
  const currentStage = places.reduce((first, { from }) => Math.min(first, from), stages.length);
  work.change("pipeline_started", "", {
    ...given(plan),
    id,
    hosts,
    currentStage,
    ...(plan.waves === undefined ? {} : { currentWave: 0 }),
    failedHosts: [],
    requestedBy: actor,
    status: "running",
    createdAt: work.at.iso,
  });
  const firstWave = waveEnds(plan.waves ?? [], hosts.length)[0] ?? 0;
  for (const [index, { host, from }] of places.entries()) {
    const reason = index < firstWave ? WAITS_FOR_STAGE : WAITS_FOR_WAVE;
    for (const [stage, op] of stages.entries()) {
      if (stage < from) continue;
      const command = { id: idFor(`${stage} ${host}`), host, op, args: {}, requestedBy: actor, pipelineId: id, stage };
      createCommand(work, command, reason);
    }
  }
  const again = retryOf === undefined ? "" : ` what was left of`;
  const event = {
    category: "audit",
    level: "info",
    actor,
    action: retryOf === undefined ? "pipeline_dispatched" : "pipeline_retried",
    message: `${actor} started${again} pipeline ${name} on ${hostCount(hosts.length)}`,
    details: { pipelineId: id, ...(retryOf === undefined ? {} : { retryOf }) },
  } as const;
  const tell = (own: readonly string[]) => `${actor} started${again} pipeline ${name} on ${hostCount(own.length)}`;
  note(work, event, { targets: hosts, result: "accepted" }, { hosts, tell });
  drive(work);
  return { pipelineId: id };
}

/** It leaves out what is not given, since a record holds no member without a value. */
function given<T extends object>(plan: T): { [Key in keyof T]: Exclude<T[Key], undefined> } {
  return Object.fromEntries(Object.entries(plan).filter(([, value]) => value !== undefined)) as never;
}

/** It stops one command. A command that has ended is left as it is. */
export function cancelById(work: Work, commandId: string, by: Acting): void {
  const command = grantedCommand(work.fleet, by.tags, commandId);
  if (command === null) throw new RequestRefusal("unknown_command", `there is no command ${commandId}`);
  if (!isFinal(command.status)) cancelCommand(work, command, by.user);
  drive(work);
}

/** It stops what one dispatch has started, on all hosts that are shown to whoever asks. */
export function cancelRun(work: Work, runId: string, by: Acting): void {
  const ofRun = [...work.fleet.commands.values()].filter(
    (command) => command.runId === runId && grantedCommand(work.fleet, by.tags, command.id) !== null,
  );
  if (ofRun.length === 0)
    throw new RequestRefusal("unknown_command", `there is no run ${runId} now`, {
      hint: "It may have ended long ago: only what ended lately is at hand.",
    });
  for (const command of ofRun) if (!isFinal(command.status)) cancelCommand(work, command, by.user);
  drive(work);
}

/**
 * No new stage begins, and what runs is asked to stop, or left to run to its end. Whoever sees some of its hosts only ends it there, and it goes on on the others.
 */
export function cancelPipeline(work: Work, pipelineId: string, by: Acting, running: "stop" | "leave" = "stop"): void {
  const { tags } = by;
  const pipeline = shownPipeline(work, pipelineId, tags);
  if (pipeline.status !== "running") return;
  const isMeant = (host: string) => tags === null || grantedHost(work.fleet, tags, host) !== null;
  if (pipeline.hosts.every(isMeant)) conclude(work, pipeline, "cancelled", by.user);
  for (const command of [...work.fleet.commands.values()]) {
    const isLeft = running === "leave" && command.status === "running";
    if (command.pipelineId === pipelineId && !isFinal(command.status) && isMeant(command.host) && !isLeft)
      cancelCommand(work, command, by.user);
  }
  drive(work);
}

/** It ends all that is still to be done on a host that goes away. */
export function endAllOn(work: Work, hostId: string, actor: string): void {
  for (const command of [...work.fleet.commands.values()]) {
    if (command.host !== hostId || isFinal(command.status)) continue;
    const status = command.status === "running" ? "lost" : "cancelled";
    endCommand(work, command, { status, actor, reason: "the host was removed" });
  }
}
