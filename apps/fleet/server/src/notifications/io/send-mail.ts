/** A notification goes as mail to the server of mail that the fleet file names. */

import { isOwnMachine } from "@neverstale/fleet-domain/fleet-file";
import { createTransport } from "nodemailer";
import { mailText, subjectLine } from "../message.ts";
import type { DeliveryOutcome } from "../outbox.ts";
import { readSecrets } from "./secret-file.ts";
import type { NotificationAttempt } from "./send-http.ts";

/** It went out when its server took it for one of those it is to. Each attempt has the same Message-ID. */
export async function sendMail(attempt: NotificationAttempt, withinMs: number): Promise<DeliveryOutcome> {
  const { delivery, target, signal } = attempt;
  const { from = "", to = [] } = target;
  const message = {
    from,
    to: [...to],
    subject: subjectLine(delivery),
    text: mailText(delivery),
    messageId: `<${delivery.id}@${from.slice(from.lastIndexOf("@") + 1)}>`,
    headers: { "Auto-Submitted": "auto-generated" },
  };
  try {
    await orAborted(transportTo(attempt, withinMs).sendMail(message), signal);
    return { ok: true };
  } catch (error) {
    if (!isAnswered(error)) throw error;
    return { ok: false, why: `SMTP ${error.responseCode} at ${error.command ?? "the greeting"}` };
  }
}

/** Beyond this machine nothing is said before there is TLS. */
function transportTo({ target, secretPath }: NotificationAttempt, withinMs: number) {
  const { hostname, port, protocol } = new URL(target.url);
  const secure = protocol === "smtps:";
  const [pass = ""] = secretPath === null ? [] : readSecrets(secretPath);
  return createTransport({
    host: hostname.replace(/^\[|\]$/g, ""),
    port: port === "" ? (secure ? 465 : 587) : Number(port),
    secure,
    requireTLS: !secure && !isOwnMachine(hostname),
    ...(secretPath === null ? {} : { auth: { user: target.user ?? target.from ?? "", pass } }),
    connectionTimeout: withinMs,
    greetingTimeout: withinMs,
    socketTimeout: withinMs,
    disableFileAccess: true,
    disableUrlAccess: true,
  });
}

async function orAborted<T>(sending: Promise<T>, signal: AbortSignal): Promise<T> {
  let stop = () => {};
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(signal.reason);
    signal.addEventListener("abort", stop, { once: true });
  });
  try {
    return await Promise.race([sending, aborted]);
  } finally {
    signal.removeEventListener("abort", stop);
  }
}

/** The server of mail said no. Nothing but its code is kept of what it said. */
function isAnswered(error: unknown): error is Error & { readonly responseCode: number; readonly command?: string } {
  return error instanceof Error && "responseCode" in error && typeof error.responseCode === "number";
}
