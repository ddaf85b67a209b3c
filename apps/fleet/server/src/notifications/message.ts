/** A message is what a delivery says, in the form in which its target wants it. */

import type { Delivery } from "@neverstale/fleet-domain";

/** It is the body of a webhook, by the Standard Webhooks: a type, when it came about, and data. Each attempt sends the same bytes. */
export function webhookBody({ kind, at, title, message, alert }: Delivery): string {
  const { firedAt: fired, ...rest } = alert ?? { firedAt: undefined };
  return JSON.stringify({
    type: kind === "test" ? "test" : `alert.${kind}`,
    timestamp: at,
    data: { title, message, ...(fired === undefined ? {} : { alert: { ...rest, firedAt: fired } }) },
  });
}

/** It says in one line what came about. */
export function subjectLine({ kind, title, alert }: Delivery): string {
  if (kind === "resolved") return `Resolved: ${title}`;
  return alert?.severity === "critical" ? `Critical: ${title}` : title;
}

/** It is a message to the server of ntfy, as JSON, which takes every letter. */
export function ntfyBody(delivery: Delivery, topic: string): string {
  const { kind, message, alert } = delivery;
  const isUrgent = kind === "fired" && alert?.severity === "critical";
  const tag = kind === "resolved" ? "white_check_mark" : kind === "test" ? "bell" : "warning";
  return JSON.stringify({ topic, title: subjectLine(delivery), message, tags: [tag], priority: isUrgent ? 5 : 3 });
}

/** It is the text of a mail. */
export function mailText({ message, at, alert }: Delivery): string {
  const since = alert === undefined ? [] : [`Rule: ${alert.rule}`, `Fired: ${alert.firedAt}`];
  return [message, "", ...since, `Told: ${at}`, ""].join("\n");
}
