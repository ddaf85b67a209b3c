/** Admins see by these routes where notifications go and what became of each, and have a test sent. */

import {
  NotificationsAnswer,
  NotificationsQuery,
  NotificationTestAnswer,
  type NotifyTarget,
} from "@neverstale/fleet-domain";
import { type FleetManager, notificationsIn } from "../fleet/state.ts";
import type { TransactFor } from "../http/io/once.ts";
import { param, queried, type Route, userOf } from "../http/route.ts";
import { notifyTest, waitingFor } from "./outbox.ts";

export function notificationRoutes({ manager, transactFor }: NotificationRoutesParts): Route[] {
  return [
    {
      method: "GET",
      path: "/api/notifications",
      allow: "admin",
      wholeFleet: true,
      query: NotificationsQuery,
      answer: NotificationsAnswer,
      handle: (ask) => ({ body: notifications(manager, queried(NotificationsQuery, ask)) }),
    },
    {
      method: "POST",
      path: "/api/notifications/:target/test",
      allow: "admin",
      wholeFleet: true,
      answer: NotificationTestAnswer,
      answerStatus: 202,
      handle: async (ask) => {
        const { applied, result } = await transactFor(ask, (work) =>
          notifyTest(work, param(ask, "target"), userOf(ask).user),
        );
        return { status: 202, body: { ...result, epoch: applied.epoch, version: applied.version } };
      },
    },
  ];
}

export interface NotificationRoutesParts {
  readonly manager: FleetManager;
  readonly transactFor: TransactFor;
}

function notifications(
  manager: FleetManager,
  { limit, before }: { readonly limit: number; readonly before?: number | undefined },
): NotificationsAnswer {
  const state = notificationsIn(manager);
  if (state === null) return { targets: [], deliveries: [] };
  const targets = [...state.targets.values()].map((target) => ({
    ...shown(target),
    pending: waitingFor(state, target.id).length,
  }));
  const deliveries = [...state.deliveries.values()]
    .filter(({ number }) => before === undefined || number < before)
    .sort((a, b) => b.number - a.number)
    .slice(0, limit);
  return { targets, deliveries };
}

function shown({ url, secretFile: _, ...target }: NotifyTarget) {
  const { protocol, host } = new URL(url);
  return { ...target, where: `${protocol}//${host}` };
}
