/** Webhooks and messages to ntfy go over HTTP, to the very address that the fleet file names and nowhere else. */

import type { Delivery, NotifyTarget } from "@neverstale/fleet-domain";
import { ntfyBody, webhookBody } from "../message.ts";
import type { DeliveryOutcome } from "../outbox.ts";
import { readSecrets } from "./secret-file.ts";
import { signatureOf } from "./webhook-signature.ts";

export async function sendWebhook(attempt: NotificationAttempt): Promise<DeliveryOutcome> {
  const { delivery, target, secretPath, nowMs, signal } = attempt;
  const timestamp = Math.floor(nowMs / 1_000);
  const body = webhookBody(delivery);
  const { id } = delivery;
  const signature = signatureOf(secretPath === null ? [] : readSecrets(secretPath), { id, timestamp, body });
  return await post(target.url, body, signal, {
    "webhook-id": id,
    "webhook-timestamp": String(timestamp),
    "webhook-signature": signature,
  });
}

/** The topic is the path of the address. It stands in the body here, beside a title of any letters. */
export async function sendNtfy({
  delivery,
  target,
  secretPath,
  signal,
}: NotificationAttempt): Promise<DeliveryOutcome> {
  const { origin, pathname } = new URL(target.url);
  const [token] = secretPath === null ? [] : readSecrets(secretPath);
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  return await post(origin, ntfyBody(delivery, pathname.slice(1)), signal, headers);
}

/** This delivery is tried now. */
export interface NotificationAttempt {
  readonly delivery: Delivery;
  readonly target: NotifyTarget;
  /** The file with the target's secret, where it has one. */
  readonly secretPath: string | null;
  readonly nowMs: number;
  readonly signal: AbortSignal;
}

/** Nothing of the answer but its status is looked at: what it says may be meant for somebody who asks from inside this network. */
async function post(
  url: string,
  body: string,
  signal: AbortSignal,
  headers: Readonly<Record<string, string>>,
): Promise<DeliveryOutcome> {
  const sent = { "content-type": "application/json", "user-agent": "neverstale", ...headers };
  const answer = await fetch(url, { method: "POST", body, headers: sent, redirect: "manual", signal });
  await answer.body?.cancel();
  if (answer.ok) return { ok: true };
  const isRedirect = answer.status >= 300 && answer.status < 400;
  return { ok: false, why: `HTTP ${answer.status}${isRedirect ? ": redirects are not followed" : ""}` };
}
