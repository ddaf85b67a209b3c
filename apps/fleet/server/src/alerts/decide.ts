/** People acknowledge alerts, and silence what they know of, by these decisions. */

import type { Silence, SilenceRequest } from "@neverstale/fleet-domain";
import { note } from "../fleet/note.ts";
import { RequestRefusal } from "../fleet/refusal.ts";
import type { Work } from "../fleet/work.ts";
import { notify } from "../notifications/outbox.ts";

/** Somebody has seen it. What follows within the minute is another alert then. */
export function acknowledgeAlert(work: Work, id: string, actor: string): void {
  const alert = work.fleet.alerts.get(id);
  if (alert === undefined) throw new RequestRefusal("not_found", `there is no alert ${id}`);
  if (alert.status !== "firing") return;
  const acknowledged = { acknowledgedBy: actor, acknowledgedAt: work.at.iso };
  work.change("alert_changed", "", { id, status: "acknowledged", ...acknowledged });
  noteAlert(work, actor, "alert_acknowledged", `${actor} acknowledged: ${alert.title}`, id);
}

/** It is closed though it is still so. Nobody is told of the same again until it was otherwise. */
export function resolveAlert(work: Work, id: string, actor: string): void {
  const alert = work.fleet.alerts.get(id);
  if (alert === undefined) throw new RequestRefusal("not_found", `there is no alert ${id}`);
  if (alert.status === "resolved") return;
  work.change("alert_changed", "", { id, status: "resolved", resolvedAt: work.at.iso });
  notify(work, alert, "resolved");
  noteAlert(work, actor, "alert_resolved", `${actor} closed: ${alert.title}`, id);
}

export function silence(work: Work, request: SilenceRequest, actor: string): { silenceId: string } {
  const { from = work.at.iso, until } = request;
  if (until <= from || until <= work.at.iso)
    throw new RequestRefusal("bad_request", "a silence ends after it has begun, and not in the past", {
      hint: "Give `until` as a time in UTC that is still to come.",
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

export function endSilence(work: Work, id: string, actor: string): void {
  const found = work.fleet.silences.get(id);
  if (found === undefined) throw new RequestRefusal("not_found", `there is no silence ${id}`);
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
