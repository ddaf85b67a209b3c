/** Shares follow the records that they are of: whatever a transaction moves, they are right at its end. */

import {
  type Alert,
  MAX_SHARED_TAGS,
  type Pipeline,
  type Share,
  type SharedTag,
  sharedTagId,
  shareId,
} from "@neverstale/fleet-domain";
import { type JsonValue, sameJson, utf8Bytes } from "@neverstale/protocol";
import { RequestRefusal } from "../fleet/refusal.ts";
import type { Work } from "../fleet/work.ts";
import { alertShareOf } from "./alert-share.ts";
import { type MovedShares, type SharedEvent, takeMoved } from "./moved-records.ts";
import { pipelineShareOf } from "./pipeline-share.ts";

/** Where nobody is limited to some tags this costs a look, and there are no shares. */
export function settleShares(work: Work): void {
  const moved = takeMoved(work.transaction);
  if (moved === null || work.isSuggestion) return;
  const added = moved.grants ? settleTags(work) : [];
  if (work.fleet.sharedTags.size === 0) return;
  const room = { bytes: BYTES_AT_ONCE };
  for (const event of moved.events) shareEvent(work, event, room);
  settleMoved(work, withHosts(work, moved), [...work.fleet.sharedTags.values()], room);
  if (added.length > 0) settleMoved(work, newest(work), added, room);
  forgetOthers(work);
  keepWithin(work);
}

/** The tags that limit users and tokens now are shared. It returns those that were not. */
function settleTags(work: Work): readonly SharedTag[] {
  const { users, apiTokens } = work.accounts;
  const wanted = new Set([...users.values(), ...apiTokens.values()].flatMap(({ tags }) => tags ?? []));
  if (wanted.size > MAX_SHARED_TAGS)
    throw new RequestRefusal(
      "too_many_requests",
      `${MAX_SHARED_TAGS} different tags limit users and API tokens already`,
      {
        hint: "Grant tags that others have, or take some away.",
      },
    );
  const gone = [...work.fleet.sharedTags.values()].filter(({ tag }) => !wanted.has(tag));
  for (const { id } of gone) work.change("shared_tag_removed", "", { id });
  const lost = new Set(gone.map(({ tag }) => tag));
  for (const { id, tag } of lost.size === 0 ? [] : [...work.fleet.shares.values()])
    if (lost.has(tag)) work.change("share_removed", "", { id });
  const added = [...wanted].map((tag) => ({ id: sharedTagId(tag), tag }));
  const fresh = added.filter(({ id }) => !work.fleet.sharedTags.has(id));
  for (const tag of fresh) work.change("shared_tag_set", "", tag);
  return fresh;
}

interface ToSettle {
  readonly pipelines: Iterable<string>;
  readonly alerts: Iterable<string>;
}

/** Alerts are settled behind pipelines, because some are about these. */
function settleMoved(work: Work, { pipelines, alerts }: ToSettle, tags: readonly SharedTag[], room: Room): void {
  const { fleet } = work;
  for (const id of pipelines) {
    const pipeline = fleet.pipelines.get(id);
    if (pipeline !== undefined) settlePipeline(work, pipeline, tags, room);
  }
  for (const id of alerts) {
    const alert = fleet.alerts.get(id);
    if (alert === undefined) continue;
    for (const { tag } of tags) {
      const before = fleet.shares.get(shareId(id, tag));
      put(work, id, tag, alertShareOf(work, alert, tag, before), room);
    }
  }
}

function settlePipeline(work: Work, pipeline: Pipeline, tags: readonly SharedTag[], room: Room): void {
  const byTag = new Map<string, string[]>(tags.map(({ tag }) => [tag, []]));
  for (const id of pipeline.hosts) for (const tag of work.fleet.hosts.get(id)?.tags ?? []) byTag.get(tag)?.push(id);
  for (const [tag, hosts] of byTag) put(work, pipeline.id, tag, pipelineShareOf(pipeline, hosts), room);
}

function shareEvent(work: Work, { event, hosts, tell }: SharedEvent, room: Room): void {
  const { host: _, details: __, ...rest } = event;
  for (const { tag } of [...work.fleet.sharedTags.values()]) {
    const own = hosts.filter((id) => work.fleet.hosts.get(id)?.tags.includes(tag) === true);
    put(work, event.id, tag, own.length === 0 ? null : { hosts: own, event: { ...rest, message: tell(own) } }, room);
  }
}

/** So many bytes may still be set in this transaction. */
interface Room {
  bytes: number;
}

/**
 * A share may have so many bytes, and all that one transaction sets (B124). What is beyond them is not shared, since a transaction that is
 * too large would be refused with all else that it does, each time anew.
 */
const SHARE_BYTES = 768 * 1024;
const BYTES_AT_ONCE = 2 * 1024 * 1024;
const HOSTS_OF_ONE = 10_000;

/** Null stands for no share. */
function put(work: Work, of: string, tag: string, part: Omit<Share, "id" | "tag"> | null, room: Room): void {
  const id = shareId(of, tag);
  const before = work.fleet.shares.get(id);
  const share = part === null ? null : { ...part, id, tag };
  if (share !== null && before !== undefined && sameJson(before as unknown as JsonValue, share as unknown as JsonValue))
    return;
  if (share !== null && fits(share, room)) work.change("share_set", "", share);
  else if (before !== undefined) work.change("share_removed", "", { id });
}

function fits(share: Share, room: Room): boolean {
  const bytes = utf8Bytes(JSON.stringify(share));
  if (share.hosts.length > HOSTS_OF_ONE || bytes > SHARE_BYTES || bytes > room.bytes) return false;
  room.bytes -= bytes;
  return true;
}

/** Whatever names a host that has other tags now is settled anew. An event that was told of it before is forgotten. */
function withHosts(work: Work, { pipelines, alerts, hosts }: MovedShares): ToSettle {
  if (hosts.size === 0) return { pipelines, alerts };
  const { fleet } = work;
  const named = [...fleet.pipelines.values()].filter((pipeline) => pipeline.hosts.some((id) => hosts.has(id)));
  const shared = [...fleet.shares.values()].filter((share) => share.hosts.some((id) => hosts.has(id)));
  for (const { id, tag, hosts: told, event } of shared)
    if (event !== undefined && told.some((host) => fleet.hosts.get(host)?.tags.includes(tag) !== true))
      work.change("share_removed", "", { id });
  const about = [...fleet.alerts.values()].filter(({ subjects }) =>
    [...hosts].some((id) => Object.hasOwn(subjects, id)),
  );
  const ofPipelines = [...fleet.alerts.values()].filter(({ kind }) => kind === "pipeline_failed");
  return {
    pipelines: new Set([...pipelines, ...named.map(({ id }) => id)]),
    alerts: new Set([
      ...[...alerts, ...about.map(({ id }) => id), ...ofPipelines.map(({ id }) => id)],
      ...shared.flatMap(({ alert }) => (alert === undefined ? [] : [alert.id])),
    ]),
  };
}

/** The past is shared as far as one transaction should go, where a tag is new as a limit. */
function newest({ fleet }: Work): ToSettle {
  const byAge = <R extends Pipeline | Alert>(records: Iterable<R>, at: (record: R) => string) =>
    [...records].sort((a, b) => (at(a) < at(b) ? 1 : -1));
  let room = HOSTS_LOOKED_BACK_ON;
  const pipelines: string[] = [];
  for (const { id, hosts } of byAge(fleet.pipelines.values(), ({ createdAt }) => createdAt)) {
    room -= hosts.length;
    if (room < 0) break;
    pipelines.push(id);
  }
  return { pipelines, alerts: byAge(fleet.alerts.values(), ({ firedAt }) => firedAt).map(({ id }) => id) };
}

const HOSTS_LOOKED_BACK_ON = 20_000;

/** A share goes with the record that it is of. */
function forgetOthers(work: Work): void {
  const { alerts, events, pipelines, shares } = work.fleet;
  for (const { id, pipeline, alert, event } of [...shares.values()]) {
    const isThere =
      (pipeline !== undefined && pipelines.has(pipeline.id)) ||
      (alert !== undefined && alerts.has(alert.id)) ||
      (event !== undefined && events.has(event.id));
    if (!isThere) work.change("share_removed", "", { id });
  }
}

/** Beyond what all shares may name the oldest go that are over. */
function keepWithin(work: Work): void {
  let named = hostsNamed(work.fleet.shares.values());
  if (named <= MAX_HOSTS_SHARED) return;
  const byAge = [...work.fleet.shares.values()].sort((a, b) => (ageOf(a) < ageOf(b) ? -1 : 1));
  for (const { id, hosts } of byAge) {
    if (named <= MAX_HOSTS_SHARED) return;
    work.change("share_removed", "", { id });
    named -= hosts.length;
  }
}

/** So many hosts may all shares name together (B124). */
export const MAX_HOSTS_SHARED = 200_000;

export function hostsNamed(shares: Iterable<Share>): number {
  let named = 0;
  for (const { hosts } of shares) named += hosts.length;
  return named;
}

/** Those that run or are open sort behind those that are over. */
function ageOf({ pipeline, alert, event }: Share): string {
  const isOpen = pipeline?.status === "running" || (alert !== undefined && alert.status !== "resolved");
  return `${isOpen ? 1 : 0}${pipeline?.createdAt ?? alert?.firedAt ?? event?.at ?? ""}`;
}
