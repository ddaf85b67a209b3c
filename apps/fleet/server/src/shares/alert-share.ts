/** The share of an alert is about some of its hosts, and has a life of its own: who is limited acknowledges and closes it for these. */

import { type Alert, type Share, shareId } from "@neverstale/fleet-domain";
import { alertSentence, isAboutHosts } from "../alerts/alert-words.ts";
import type { Work } from "../fleet/work.ts";

type AlertShare = Pick<Share, "hosts" | "alert">;

/** A host that has left the alert and still has the tag stays named, as in the alert itself. */
export function alertShareOf(work: Work, alert: Alert, tag: string, before: Share | undefined): AlertShare | null {
  if (alert.kind !== "pipeline_failed" && !isAboutHosts(alert.kind)) return null; // It is about the server.
  const isOwn = (id: string) => work.fleet.hosts.get(id)?.tags.includes(tag) === true;
  const isAboutPipelines = alert.kind === "pipeline_failed";
  const shared = (id: string) => failedPart(work, id, tag);
  const subjects = Object.fromEntries(
    Object.entries(alert.subjects).filter(([id]) => (isAboutPipelines ? shared(id).length > 0 : isOwn(id))),
  );
  const now = Object.keys(subjects);
  const named = isAboutPipelines ? now.flatMap(shared) : now;
  const hosts = [...new Set([...(before?.hosts.filter(isOwn) ?? []), ...named])];
  if (hosts.length === 0) return null;
  const about = isAboutPipelines ? [...new Set([...Object.keys(before?.alert?.subjects ?? {}), ...now])] : hosts;
  const { id, rule, kind, severity, title, firedAt } = alert;
  const message = alertSentence(work.fleet, alert, about);
  const life = lifeOf(work, alert, subjects, before?.alert);
  return {
    hosts,
    alert: { id, rule, kind, severity, title, message, firedAt, subjects, count: about.length, ...life },
  };
}

/** On these hosts with the tag the pipeline did not come to its end. */
function failedPart({ fleet }: Work, pipelineId: string, tag: string): readonly string[] {
  const share = fleet.shares.get(shareId(pipelineId, tag));
  return share?.pipeline?.status === "failed" || share?.pipeline?.status === "partial" ? share.hosts : [];
}

type Life = Pick<Alert, "status" | "acknowledgedBy" | "acknowledgedAt" | "resolvedAt">;

/** It fires anew for hosts that come in after it was acknowledged or closed. When all of its hosts have left, it is over. */
function lifeOf(work: Work, alert: Alert, subjects: Alert["subjects"], before: Alert | undefined): Life {
  const { status, acknowledgedBy, acknowledgedAt, resolvedAt } = alert;
  const seen = {
    ...((before?.acknowledgedBy ?? acknowledgedBy) !== undefined && {
      acknowledgedBy: before?.acknowledgedBy ?? acknowledgedBy,
    }),
    ...((before?.acknowledgedAt ?? acknowledgedAt) !== undefined && {
      acknowledgedAt: before?.acknowledgedAt ?? acknowledgedAt,
    }),
  } as Pick<Life, "acknowledgedBy" | "acknowledgedAt">;
  const over = { ...seen, status: "resolved", resolvedAt: before?.resolvedAt ?? resolvedAt ?? work.at.iso } as const;
  if (status === "resolved" || Object.keys(subjects).length === 0) return over;
  const isNew = Object.keys(subjects).some((id) => before === undefined || !Object.hasOwn(before.subjects, id));
  if (before !== undefined && !isNew && before.status === "resolved") return over;
  if (status === "acknowledged" || (before !== undefined && !isNew && before.status === "acknowledged"))
    return { ...seen, status: "acknowledged" };
  return { status: "firing" };
}
