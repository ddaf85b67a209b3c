/** The sender carries out what the outbox holds, where changes are decided: for each target one delivery at a time, in order. */

import { resolve } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { type Delivery, NOTIFICATIONS_SPACE, type NotifyTarget } from "@neverstale/fleet-domain";
import type { Clocks } from "../../fleet/moment.ts";
import { decidesHere, type FleetManager, notificationsIn } from "../../fleet/state.ts";
import type { Transactions } from "../../fleet/transact.ts";
import type { RefusalLog } from "../../http/refusal-log.ts";
import { type DeliveryOutcome, dueFor, settleAttempt } from "../outbox.ts";
import { type NotificationAttempt, sendNtfy, sendWebhook } from "./send-http.ts";
import { sendMail } from "./send-mail.ts";

/** It decides by the state alone, so a restart or a takeover goes on where the state is. */
export class NotificationSender {
  readonly #parts: SenderParts;
  readonly #underWay = new Map<string, Promise<void>>();
  /** These were tried, and it is not stored yet what came of it: they are not tried again. */
  readonly #unstored = new Map<string, DeliveryOutcome>();
  #term: AbortController | null = null;
  #delivered = 0;
  #failed = 0;

  constructor(parts: SenderParts) {
    this.#parts = parts;
  }

  /** It runs from a term's begin to its end (rule T7). It returns how to stop. What is under way has a moment to end. */
  start(): () => Promise<void> {
    const stopTerms = this.#parts.manager.onTerm(() => this.#begin());
    return async () => {
      const under = [...this.#underWay.values()];
      if (under.length > 0) await Promise.race([Promise.allSettled(under), delay(GRACE_MS)]);
      stopTerms();
      await Promise.allSettled(this.#underWay.values());
    };
  }

  #begin(): () => void {
    const term = new AbortController();
    this.#term = term;
    const stopFollowing = this.#parts.manager.follow((committed) => {
      if (committed.some(({ space }) => space.name === NOTIFICATIONS_SPACE)) this.#look(term);
    });
    const timer = setInterval(() => this.#look(term), LOOK_MS);
    this.#look(term);
    return () => {
      clearInterval(timer);
      stopFollowing();
      term.abort();
      this.#term = null;
    };
  }

  #look(term: AbortController): void {
    const notifications = notificationsIn(this.#parts.manager);
    if (notifications === null || term.signal.aborted) return;
    for (const id of this.#unstored.keys())
      if (notifications.deliveries.get(id)?.status !== "pending") this.#unstored.delete(id);
    for (const target of notifications.targets.values()) {
      if (this.#underWay.has(target.id) || this.#due(target.id) === null) continue;
      const serving = this.#serve(target.id, term)
        .catch((err: unknown) => this.#tell(err, term))
        .finally(() => this.#underWay.delete(target.id));
      this.#underWay.set(target.id, serving);
    }
  }

  #due(target: string): Delivery | null {
    const { manager, clocks } = this.#parts;
    const notifications = notificationsIn(manager);
    return notifications === null ? null : dueFor(notifications, target, clocks.now());
  }

  /** It goes on until nothing is due for this target. */
  async #serve(name: string, term: AbortController): Promise<void> {
    for (;;) {
      const { manager, transactions } = this.#parts;
      const delivery = this.#due(name);
      const target = notificationsIn(manager)?.targets.get(name);
      if (delivery === null || target === undefined || this.#term !== term || !decidesHere(manager)) return;
      const outcome = this.#unstored.get(delivery.id) ?? (await this.#attempt(delivery, target, term));
      if (outcome === null) return;
      this.#unstored.set(delivery.id, outcome);
      await transactions.transact((work) => settleAttempt(work, delivery.id, outcome));
      this.#unstored.delete(delivery.id);
    }
  }

  /** It returns null when it was cut off by the end of the term, so that nobody knows what came of it. */
  async #attempt(delivery: Delivery, target: NotifyTarget, term: AbortController): Promise<DeliveryOutcome | null> {
    const { clocks, secretsIn } = this.#parts;
    const signal = AbortSignal.any([term.signal, AbortSignal.timeout(ATTEMPT_MS)]);
    const secretPath = target.secretFile === undefined ? null : resolve(secretsIn, target.secretFile);
    const attempt = { delivery, target, secretPath, nowMs: clocks.now(), signal };
    const outcome = await send(attempt).catch((error: unknown): DeliveryOutcome => ({ ok: false, why: whyOf(error) }));
    if (outcome.ok) this.#delivered += 1;
    else if (term.signal.aborted) return null;
    else this.#failed += 1;
    return outcome;
  }

  #tell(err: unknown, term: AbortController): void {
    if (!term.signal.aborted)
      this.#parts.refusalLog.failed("notification", { err }, "what became of a notification was not stored yet");
  }

  get metrics(): Readonly<Record<string, number>> {
    const counts = { pending: 0, delivered: 0, given_up: 0 };
    for (const { status } of notificationsIn(this.#parts.manager)?.deliveries.values() ?? []) counts[status] += 1;
    return {
      notificationsPending: counts.pending,
      notificationsGivenUp: counts.given_up,
      notificationsDeliveredTotal: this.#delivered,
      notificationAttemptsFailedTotal: this.#failed,
    };
  }
}

export interface SenderParts {
  readonly manager: FleetManager;
  readonly transactions: Transactions;
  readonly clocks: Clocks;
  readonly refusalLog: RefusalLog;
  /** Paths of secret files begin there, unless they are absolute. */
  readonly secretsIn: string;
}

/** An attempt takes so long at most (B117). */
const ATTEMPT_MS = 10_000;
const LOOK_MS = 1_000;
/** At the end of the server what is under way is waited for so long. It is sent again after the next start. */
const GRACE_MS = 2_000;

async function send(attempt: NotificationAttempt): Promise<DeliveryOutcome> {
  switch (attempt.target.kind) {
    case "webhook":
      return await sendWebhook(attempt);
    case "ntfy":
      return await sendNtfy(attempt);
    case "smtp":
      return await sendMail(attempt, ATTEMPT_MS);
  }
}

/** The cause says more than the error of `fetch`, which is the same for all. */
function whyOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === "TimeoutError") return `no answer within ${ATTEMPT_MS / 1_000} s`;
  const { cause } = error;
  return cause instanceof Error && cause.message !== "" ? cause.message : error.message;
}
