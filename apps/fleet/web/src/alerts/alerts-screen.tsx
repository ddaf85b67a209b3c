/** The alerts screen shows what needs a person now, what somebody has seen, and what is over; and which hosts are silenced. */

import type { Alert, Silence } from "@neverstale/fleet-domain";
import { memo, useState } from "react";
import { Button } from "react-aria-components";
import { useAccount } from "../accounts/account.ts";
import { Empty, Notice } from "../components/notice.tsx";
import { PlaceLink } from "../components/place-link.tsx";
import { Status } from "../components/status.tsx";
import { Ago, ClockTime, Elapsed } from "../components/time.tsx";
import { WhyNot } from "../frame/why-not.tsx";
import { howMany } from "../state/format.ts";
import { useServerNow } from "../state/io/now.ts";
import { useMayAct } from "../state/may-act.ts";
import { useOld } from "../state/old.ts";
import { goTo } from "../state/place.ts";
import { sameIds, sameRecords } from "../state/record-lists.ts";
import { useLoaded, useSelection } from "../state/replica-hooks.ts";
import { useAlert } from "../state/seen-hooks.ts";
import { type AlertActions, useAlertActions } from "./io/act-on-alert.ts";
import { NotificationSection } from "./notification-section.tsx";
import { alertLook, firingCount, shownAlerts, shownSilences, silencedWords, whatOf } from "./shown-alerts.ts";
import { SilenceForm } from "./silence-form.tsx";

export function AlertsScreen() {
  const ids = useSelection(shownAlerts, sameIds);
  const firing = useSelection(firingCount);
  const loaded = useLoaded();
  const { mayDispatch } = useAccount();
  const { may } = useMayAct();
  const old = useOld();
  const [isAsking, setAsking] = useState(false);
  return (
    <section className="screen" aria-labelledby="alerts-title">
      <header className="screen-head">
        <h1 id="alerts-title">Alerts</h1>
        <p className="screen-summary value">
          {firing === null ? "nothing fires" : `${howMany(firing, "alert")} firing`}
        </p>
        {mayDispatch && (
          <Button className="button" isDisabled={!may} onPress={() => setAsking(true)}>
            Silence hosts…
          </Button>
        )}
        {mayDispatch && <WhyNot />}
      </header>
      {isAsking && <SilenceForm onClose={() => setAsking(false)} />}
      {ids.length === 0 && (
        <Empty title={!loaded ? "Waiting for the first state" : old ? "All was well" : "All is well"}>
          An alert stands here when a rule of the server's fleet.yaml says that something needs you.
        </Empty>
      )}
      <ul className="cards">
        {ids.map((id) => (
          <li key={id}>
            <AlertCard id={id} />
          </li>
        ))}
      </ul>
      <Silences />
      <NotificationSection />
    </section>
  );
}

const AlertCard = memo(function AlertCard({ id }: { readonly id: string }) {
  const alert = useAlert(id);
  const { mayDispatch } = useAccount();
  const actions = useAlertActions();
  if (alert === null) return null;
  return (
    <article className="card" aria-label={alert.title}>
      <header className="card-head">
        <h2 className="card-title foreign">{alert.title}</h2>
        <span className="value">
          <Status look={alertLook(alert)} strong />
        </span>
        {mayDispatch && alert.status !== "resolved" && <Actions alert={alert} actions={actions} />}
        <p className="card-facts card-row foreign">{whatOf(alert)}</p>
        <p className="card-facts card-row">
          since <ClockTime at={alert.firedAt} /> · <Elapsed from={alert.firedAt} to={alert.resolvedAt} />
          {alert.acknowledgedBy !== undefined && (
            <span>
              {" "}
              · seen by <span className="foreign">{alert.acknowledgedBy}</span> <Ago at={alert.acknowledgedAt} />
            </span>
          )}
        </p>
        {alert.status !== "resolved" && <Subjects alert={alert} />}
      </header>
      {actions.problem !== null && (
        <Notice tone="bad" shape="cross" role="alert">
          {actions.problem.sentence}
        </Notice>
      )}
    </article>
  );
});

const HOUR_MS = 3_600_000;

function Actions({ alert, actions }: { readonly alert: Alert; readonly actions: AlertActions }) {
  const { may } = useMayAct();
  const hosts = Object.keys(alert.subjects).slice(0, SILENCED_AT_ONCE);
  return (
    <div className="card-actions">
      {alert.status === "firing" && (
        <Button
          className="button button-small"
          isDisabled={!may}
          isPending={actions.running}
          onPress={() => actions.acknowledge(alert.id)}
        >
          Acknowledge
        </Button>
      )}
      <Button
        className="button button-small"
        isDisabled={!may}
        isPending={actions.running}
        onPress={() => actions.close(alert.id)}
      >
        Close
      </Button>
      {!ABOUT_NO_HOST.has(alert.kind) && hosts.length > 0 && (
        <Button
          className="button button-small"
          isDisabled={!may}
          isPending={actions.running}
          onPress={() => actions.silence(hosts, HOUR_MS, alert.title)}
        >
          Silence {howMany(hosts.length, "host")} for 1 h
        </Button>
      )}
    </div>
  );
}

const ABOUT_NO_HOST: ReadonlySet<Alert["kind"]> = new Set([
  "pipeline_failed",
  "sign_ins_failed",
  "backup_failed",
] as const);

/** The server takes no more hosts in one silence. */
const SILENCED_AT_ONCE = 1_000;
const SHOWN_SUBJECTS = 20;

/** It is still so of these. */
function Subjects({ alert }: { readonly alert: Alert }) {
  const ids = Object.keys(alert.subjects);
  if (alert.kind === "backup_failed" || alert.kind === "sign_ins_failed") return null; // The sentence says all.
  const screen = alert.kind === "pipeline_failed" ? "pipelines" : "hosts";
  return (
    <p className="card-facts card-row">
      Still so of{" "}
      {ids.slice(0, SHOWN_SUBJECTS).map((id, index) => (
        <span key={id}>
          {index > 0 && ", "}
          <PlaceLink className="row-link foreign" to={(place) => goTo(place, screen, id)}>
            {screen === "pipelines" ? "this run" : id}
          </PlaceLink>
        </span>
      ))}
      {ids.length > SHOWN_SUBJECTS && ` and ${ids.length - SHOWN_SUBJECTS} more`}
    </p>
  );
}

function Silences() {
  const silences = useSelection(shownSilences, sameRecords);
  const { mayDispatch } = useAccount();
  const actions = useAlertActions();
  if (silences.length === 0) return null;
  return (
    <section aria-labelledby="silences-title">
      <h2 id="silences-title">Silenced</h2>
      <ul className="cards">
        {silences.map((silence) => (
          <li key={silence.id}>
            <SilenceCard silence={silence} actions={mayDispatch ? actions : null} />
          </li>
        ))}
      </ul>
    </section>
  );
}

/** One that is planned says when it begins. */
function SilenceTime({ silence: { from, until } }: { readonly silence: Silence }) {
  const isPlanned = useServerNow() < Date.parse(from);
  return (
    <>
      {isPlanned && (
        <>
          planned from <ClockTime at={from} />{" "}
        </>
      )}
      until <ClockTime at={until} />
    </>
  );
}

function SilenceCard({ silence, actions }: { readonly silence: Silence; readonly actions: AlertActions | null }) {
  const { may } = useMayAct();
  return (
    <article className="card">
      <header className="card-head">
        <h3 className="card-title foreign">{silencedWords(silence)}</h3>
        {actions !== null && (
          <Button
            className="button button-small"
            isDisabled={!may}
            isPending={actions.running}
            onPress={() => actions.endSilence(silence.id)}
          >
            End
          </Button>
        )}
        <p className="card-facts card-row">
          <SilenceTime silence={silence} /> · by <span className="foreign">{silence.by}</span> ·{" "}
          <span className="foreign">{silence.reason}</span>
        </p>
      </header>
    </article>
  );
}
