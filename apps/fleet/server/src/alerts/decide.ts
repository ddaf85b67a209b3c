/** People acknowledge alerts, and silence what they know of, by these decisions. */

import { type Alert, type Silence, type SilenceRequest, shareId, tagSilenced } from "@neverstale/fleet-domain";
import type { Acting } from "../accounts/granted.ts";
import { note } from "../fleet/note.ts";
import { RequestRefusal } from "../fleet/refusal.ts";
import type { Work } from "../fleet/work.ts";
import { notify } from "../notifications/outbox.ts";

/** Somebody has seen it. What follows within the minute is another alert then. */
export function acknowledgeAlert(work: Work, id: string, by: Acting): void {
  const actor = by.user;
  const { alert, isAll, isPartMoved } = shownAlert(work, id, by, ({ status }) =>
    status === "firing" ? { status: "acknowledged", acknowledgedBy: actor, acknowledgedAt: work.at.iso } : null,
  );
  if (!isAll && isPartMoved)
    noteAlert(work, actor, "alert_acknowledged", `${actor} acknowledged, for the own hosts: ${alert.title}`, id);
  if (!isAll || alert.status !== "firing") return;
  const acknowledged = { acknowledgedBy: actor, acknowledgedAt: work.at.iso };
  work.change("alert_changed", "", { id, status: "acknowledged", ...acknowledged });
  noteAlert(work, actor, "alert_acknowledged", `${actor} acknowledged: ${alert.title}`, id);
}

/** It is closed though it is still so. Nobody is told of the same again until it was otherwise. */
export function resolveAlert(work: Work, id: string, by: Acting): void {
  const actor = by.user;
  const { alert, isAll, isPartMoved } = shownAlert(work, id, by, ({ status }) =>
    status === "resolved" ? null : { status: "resolved", resolvedAt: work.at.iso },
  );
  if (!isAll && isPartMoved)
    noteAlert(work, actor, "alert_resolved", `${actor} closed, for the own hosts: ${alert.title}`, id);
  if (!isAll || alert.status === "resolved") return;
  work.change("alert_changed", "", { id, status: "resolved", resolvedAt: work.at.iso });
  notify(work, alert, "resolved");
  noteAlert(work, actor, "alert_resolved", `${actor} closed: ${alert.title}`, id);
}

/**
 * Whoever sees some of its hosts only says it of these: the shares of the alert are changed. `isAll` says that nobody sees more of what it
 * is about.
 */
function shownAlert(
  work: Work,
  id: string,
  { tags }: Acting,
  changed: (alert: Alert) => Partial<Alert> | null,
): { readonly alert: Alert; readonly isAll: boolean; readonly isPartMoved: boolean } {
  const alert = work.fleet.alerts.get(id);
  if (alert !== undefined && tags === null) return { alert, isAll: true, isPartMoved: false };
  const shares = (tags ?? []).flatMap((tag) => work.fleet.shares.get(shareId(id, tag)) ?? []);
  if (alert === undefined || shares.length === 0) throw new RequestRefusal("not_found", `there is no alert ${id}`);
  let isPartMoved = false;
  for (const share of shares) {
    const change = share.alert === undefined ? null : changed(share.alert);
    if (share.alert === undefined || change === null) continue;
    work.change("share_set", "", { ...share, alert: { ...share.alert, ...change } });
    isPartMoved = true;
  }
  const shown = new Set(shares.flatMap((share) => Object.keys(share.alert?.subjects ?? {})));
  const isAll = alert.kind !== "pipeline_failed" && Object.keys(alert.subjects).every((subject) => shown.has(subject));
  return { alert, isAll, isPartMoved };
}

/** Who is limited silences one of the own tags at a time, so that it is always known to whom the silence is shown. */
export function silence(work: Work, request: SilenceRequest, by: Acting): { silenceId: string } {
  const actor = by.user;
  if (by.tags !== null && !by.tags.includes(tagSilenced(request) ?? ""))
    throw new RequestRefusal("bad_request", "you see some hosts only, so a silence of yours is of one tag", {
      hint: `Give \`tags\` with one of yours, and no hosts: ${by.tags.join(", ")}.`,
    });
  const { from = work.at.iso, until } = request;
  if (until <= from || until <= work.at.iso)
    throw new RequestRefusal("bad_request", "a silence ends after it has begun, and not in the past", {
      hint: "Give `until` as a time in UTC that is still to come.",
    });
  const own = [...work.fleet.silences.values()].filter((one) => one.by === actor).length;
  if (own >= SILENCES_OF_ONE)
    throw new RequestRefusal("too_many_requests", `you have ${SILENCES_OF_ONE} silences already`, {
      hint: "End some of them first, or silence several hosts by a tag.",
    });
  if (work.fleet.silences.size >= MAX_SILENCES)
    throw new RequestRefusal("too_many_requests", `there are ${MAX_SILENCES} silences already`, {
      hint: "End some of them first.",
    });
  const id = work.at.newId();
  work.change("silence_set", "", { ...request, from, id, by: actor });
  noteAlert(work, actor, "silence_set", `${actor} silenced ${meant(request)} until ${until}: ${request.reason}`, id);
  return { silenceId: id };
}

/** So many silences may be there (B114). */
export const MAX_SILENCES = 1_000;
/** So many of them may be one person's, so that nobody keeps the others from silencing (B169). */
export const SILENCES_OF_ONE = 200;

export function endSilence(work: Work, id: string, by: Acting): void {
  const actor = by.user;
  const found = work.fleet.silences.get(id);
  if (found === undefined || (by.tags !== null && !by.tags.includes(tagSilenced(found) ?? "")))
    throw new RequestRefusal("not_found", `there is no silence ${id}`);
  work.change("silence_removed", "", { id });
  noteAlert(work, actor, "silence_ended", `${actor} ended the silence of ${meant(found)}`, id);
}

/** Those that are over go by themselves. */
export function sweepSilences(work: Work): void {
  for (const { id, until } of [...work.fleet.silences.values()])
    if (until <= work.at.iso) work.change("silence_removed", "", { id });
}

function meant({ hosts = [], tags = [] }: Pick<Silence, "hosts" | "tags">): string {
  const named = [...hosts, ...tags.map((tag) => `tag ${tag}`)];
  if (named.length === 0) return "all hosts";
  return named.length > 5 ? `${named.slice(0, 5).join(", ")} and ${named.length - 5} more` : named.join(", ");
}

function noteAlert(work: Work, actor: string, action: string, message: string, id: string): void {
  note(work, { category: "audit", level: "info", actor, action, message, details: { id } });
}
