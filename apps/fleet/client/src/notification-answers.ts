/** The answers about notifications are checked before anybody relies on them: client and server may be of different releases. */

import { isJsonObject, type JsonObject, type JsonValue } from "@neverstale/protocol";
import { objectIn, textIn } from "./dispatch-answers.ts";

/** Throws `bad_message` when the answer is of another form. */
export function shownNotifications(answer: JsonValue): ShownNotifications {
  const { targets, deliveries } = objectIn(answer);
  return { targets: objectsIn(targets).map(shownTarget), deliveries: objectsIn(deliveries).map(shownDelivery) };
}

/** They are where people are told of alerts, and what became of the newest notifications, the newest of them first. */
export interface ShownNotifications {
  readonly targets: readonly ShownTarget[];
  readonly deliveries: readonly ShownDelivery[];
}

export interface ShownTarget {
  readonly id: string;
  readonly kind: string;
  readonly where: string;
  /** So many are on their way to it. */
  readonly pending: number;
}

export interface ShownDelivery {
  readonly id: string;
  readonly target: string;
  readonly kind: string;
  readonly title: string;
  readonly status: string;
  readonly at: string;
  readonly failures: number;
  /** Null: no attempt has failed. */
  readonly lastFailure: string | null;
}

function shownTarget(target: JsonObject): ShownTarget {
  const pending = typeof target.pending === "number" ? target.pending : 0;
  return { id: textIn(target, "id"), kind: textIn(target, "kind"), where: textIn(target, "where"), pending };
}

function shownDelivery(delivery: JsonObject): ShownDelivery {
  return {
    id: textIn(delivery, "id"),
    target: textIn(delivery, "target"),
    kind: textIn(delivery, "kind"),
    title: textIn(delivery, "title"),
    status: textIn(delivery, "status"),
    at: textIn(delivery, "at"),
    failures: typeof delivery.failures === "number" ? delivery.failures : 0,
    lastFailure: typeof delivery.lastFailure === "string" ? delivery.lastFailure : null,
  };
}

function objectsIn(value: JsonValue | undefined): JsonObject[] {
  return Array.isArray(value) ? value.filter(isJsonObject) : [];
}
