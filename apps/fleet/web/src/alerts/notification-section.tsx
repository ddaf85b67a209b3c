/** An admin sees beside the alerts where people are told of them, what became of the newest notifications, and can send a test. */

import type { ShownDelivery, ShownTarget } from "@neverstale/fleet-client";
import { Button } from "react-aria-components";
import { isAdminOfFleet, useAccount } from "../accounts/account.ts";
import { type Look, lookOf } from "../components/look.ts";
import { Notice } from "../components/notice.tsx";
import { Status } from "../components/status.tsx";
import { AnswerAge, ClockTime } from "../components/time.tsx";
import { AS_OF } from "../state/as-of.ts";
import { howMany } from "../state/format.ts";
import { useNotifications } from "./io/notifications.ts";

export function NotificationSection() {
  return isAdminOfFleet(useAccount()) ? <NotificationList /> : null;
}

function NotificationList() {
  const { shown, at, failure, test, busy } = useNotifications();
  if (shown === null && failure === null) return null;
  return (
    <section aria-labelledby="notifications-title" {...AS_OF.answer}>
      <h2 id="notifications-title">Notifications</h2>
      {at !== null && (
        <p>
          <AnswerAge at={at} />
        </p>
      )}
      {failure !== null && (
        <Notice tone="bad" shape="cross" role="alert">
          {failure}
        </Notice>
      )}
      {shown?.targets.length === 0 && (
        <p className="quiet">Nobody is told of alerts: the server's fleet.yaml has nothing under notify.</p>
      )}
      <ul className="cards">
        {shown?.targets.map((target) => (
          <li key={target.id}>
            <TargetCard target={target} test={() => test(target.id)} busy={busy} />
          </li>
        ))}
      </ul>
      <ul className="lines" aria-label="Newest notifications">
        {shown?.deliveries.map((delivery) => (
          <DeliveryLine key={delivery.id} delivery={delivery} />
        ))}
      </ul>
    </section>
  );
}

interface TargetCardProps {
  readonly target: ShownTarget;
  readonly test: () => void;
  readonly busy: boolean;
}

function TargetCard({ target: { id, kind, where, pending }, test, busy }: TargetCardProps) {
  return (
    <article className="card" aria-label={id}>
      <header className="card-head">
        <h3 className="card-title foreign">{id}</h3>
        <Button className="button button-small" isPending={busy} onPress={test}>
          Send a test
        </Button>
        <p className="card-facts">
          {kind} · <span className="foreign">{where}</span>
          {pending > 0 && ` · ${howMany(pending, "notification")} on the way`}
        </p>
      </header>
    </article>
  );
}

function DeliveryLine({ delivery }: { readonly delivery: ShownDelivery }) {
  const { target, kind, title, status, at, failures, lastFailure } = delivery;
  return (
    <li className="line-item">
      <span className="value">
        <Status look={lookOf(LOOKS, status)} passing={status === "pending"} />
      </span>
      <span className="line-main foreign">
        {target} · {kind === "resolved" ? `resolved: ${title}` : title}
        {status !== "delivered" && lastFailure !== null && ` · failed ${howMany(failures, "time")}: ${lastFailure}`}
      </span>
      <span className="line-end">
        <ClockTime at={at} />
      </span>
    </li>
  );
}

const LOOKS: Readonly<Record<string, Look>> = {
  pending: { word: "On the way", shape: "dot", tone: "quiet" },
  delivered: { word: "Delivered", shape: "check", tone: "good" },
  given_up: { word: "Given up", shape: "cross", tone: "bad" },
};
