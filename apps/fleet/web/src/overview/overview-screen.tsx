/** The overview shows what needs a person now: it is calm when there is nothing. */

import type { Fleet } from "@neverstale/fleet-domain";
import { labelOf } from "@neverstale/fleet-domain/schema-free";
import { memo, type ReactNode } from "react";
import { alertLook, whatOf } from "../alerts/shown-alerts.ts";
import { commandLook } from "../commands/command-look.ts";
import { opTitleOf } from "../commands/op-title.ts";
import { Mark } from "../components/mark.tsx";
import { Empty } from "../components/notice.tsx";
import { OutputLink, PlaceLink } from "../components/place-link.tsx";
import { Status } from "../components/status.tsx";
import { Ago, Elapsed } from "../components/time.tsx";
import { pipelineLook } from "../pipelines/pipeline-look.ts";
import { howMany } from "../state/format.ts";
import { useOld } from "../state/old.ts";
import { goTo, type PagePlace } from "../state/place.ts";
import { useLoaded, useRecord, useSelection } from "../state/replica-hooks.ts";
import { isCalm, sameNeeds, whatNeedsYou } from "./what-needs-you.ts";

/** So many of each kind stand here. The rest is a link away. */
const MOST = 8;

export function OverviewScreen() {
  const needs = useSelection(whatNeedsYou, sameNeeds);
  const online = useSelection(onlineCount);
  const all = useSelection(hostCount);
  const loaded = useLoaded();
  return (
    <section className="screen" aria-labelledby="overview-title">
      <header className="screen-head">
        <h1 id="overview-title">Overview</h1>
        <p className="screen-summary value">{`${online.toLocaleString("en")} of ${howMany(all, "host")} online`}</p>
      </header>
      {!loaded && <Empty title="Waiting for the first state" />}
      {loaded && isCalm(needs) && <Calm />}
      <div className="overview">
        <Part title="Alerts that fire" ids={needs.alerts} Line={AlertLine} rest={(place) => goTo(place, "alerts")} />
        <Part title="Hosts that are lost" ids={needs.lost} Line={LostHost} rest={filtered("status:offline")} />
        <Part
          title="Checks that are not well"
          ids={needs.unwell}
          Line={UnwellHost}
          rest={(place) => goTo(place, "hosts")}
        />
        <Part title="Runs that failed" ids={needs.failed} Line={RunLine} rest={(place) => goTo(place, "runs")} />
        <Part
          title="Pipelines with something left"
          ids={needs.unfinished}
          Line={PipelineLine}
          rest={(place) => goTo(place, "pipelines")}
        />
        <Part
          title="Pipelines that run"
          ids={needs.runningPipelines}
          Line={PipelineLine}
          rest={(place) => goTo(place, "pipelines")}
        />
        <Part title="What runs now" ids={needs.running} Line={RunLine} rest={(place) => goTo(place, "runs")} />
      </div>
    </section>
  );
}

/** A page that is not live knows nothing of now. */
function Calm() {
  const old = useOld();
  return (
    <div className="calm value">
      <Mark shape={old ? "ring" : "check"} tone={old ? "quiet" : "good"} />
      <p className="calm-title">{old ? "Nothing needed you then" : "Nothing needs you"}</p>
      <p className="quiet">
        {old
          ? "What has happened since is shown when the page is live again."
          : "No alert fires, no host is lost, no check and no run has failed."}
      </p>
    </div>
  );
}

interface PartProps {
  readonly title: string;
  readonly ids: readonly string[];
  readonly Line: (props: { readonly id: string }) => ReactNode;
  /** It leads to where all of them are. */
  readonly rest: (place: PagePlace) => PagePlace;
}

function Part({ title, ids, Line, rest }: PartProps) {
  if (ids.length === 0) return null;
  return (
    <section className="overview-part" aria-label={title}>
      <h2 className="overview-title">
        {title} <span className="overview-count value">{ids.length.toLocaleString("en")}</span>
      </h2>
      <ul className="overview-lines">
        {ids.slice(0, MOST).map((id) => (
          <li key={id}>
            <Line id={id} />
          </li>
        ))}
      </ul>
      {ids.length > MOST && <PlaceLink to={rest}>{`and ${(ids.length - MOST).toLocaleString("en")} more`}</PlaceLink>}
    </section>
  );
}

const AlertLine = memo(function AlertLine({ id }: { readonly id: string }) {
  const alert = useRecord("alerts", id);
  if (alert === undefined) return null;
  return (
    <p className="overview-line">
      <Status look={alertLook(alert)} strong />{" "}
      <PlaceLink to={(place) => goTo(place, "alerts")}>
        <span className="foreign">{alert.title}</span>
      </PlaceLink>{" "}
      <span className="quiet foreign">{whatOf(alert)}</span>{" "}
      <span className="overview-when">
        <Ago at={alert.firedAt} />
      </span>
    </p>
  );
});

const LostHost = memo(function LostHost({ id }: { readonly id: string }) {
  const host = useRecord("hosts", id);
  if (host === undefined) return null;
  return (
    <p className="overview-line">
      <Mark shape="square" tone="bad" /> <HostLink id={id} />{" "}
      <span className="overview-when">
        <Ago at={host.offlineSince} />
      </span>
    </p>
  );
});

const UnwellHost = memo(function UnwellHost({ id }: { readonly id: string }) {
  const host = useRecord("hosts", id);
  if (host === undefined) return null;
  const [name, check] = Object.entries(host.checks).find(([, { status }]) => status !== "ok") ?? [];
  return (
    <p className="overview-line">
      <Mark shape="triangle" tone="warn" /> <HostLink id={id} />{" "}
      <span className="quiet foreign">{check === undefined ? "" : `${name} ${check.status}: ${check.message}`}</span>{" "}
      <span className="overview-when">
        <Ago at={check?.checkedAt} />
      </span>
    </p>
  );
});

const RunLine = memo(function RunLine({ id }: { readonly id: string }) {
  const command = useRecord("commands", id);
  const host = useRecord("hosts", command?.host ?? "");
  if (command === undefined) return null;
  return (
    <p className="overview-line">
      <Status look={commandLook(command.status)} passing={command.finishedAt === undefined} />{" "}
      <OutputLink commandId={id} className="">
        <span className="foreign">{opTitleOf(command, host)}</span>
      </OutputLink>{" "}
      <span className="quiet">on</span> <HostLink id={command.host} />{" "}
      <span className="quiet foreign">{command.reason ?? ""}</span>{" "}
      <span className="overview-when">
        {command.finishedAt === undefined ? (
          <Elapsed from={command.createdAt} to={undefined} />
        ) : (
          <Ago at={command.finishedAt} />
        )}
      </span>
    </p>
  );
});

const PipelineLine = memo(function PipelineLine({ id }: { readonly id: string }) {
  const pipeline = useRecord("pipelines", id);
  if (pipeline === undefined) return null;
  const { name, status, hosts, createdAt, finishedAt } = pipeline;
  return (
    <p className="overview-line">
      <Status look={pipelineLook(status)} passing={finishedAt === undefined} />{" "}
      <PlaceLink to={(place) => goTo(place, "pipelines", id)}>
        <span className="foreign">{name}</span>
      </PlaceLink>{" "}
      <span className="quiet">on {howMany(hosts.length, "host")}</span>{" "}
      <span className="overview-when">
        {finishedAt === undefined ? <Elapsed from={createdAt} to={undefined} /> : <Ago at={finishedAt} />}
      </span>
    </p>
  );
});

function HostLink({ id }: { readonly id: string }) {
  const host = useRecord("hosts", id);
  return (
    <PlaceLink to={(place) => goTo(place, "hosts", id)}>
      <span className="foreign">{host === undefined ? id : labelOf(host)}</span>
    </PlaceLink>
  );
}

function filtered(filter: string): (place: PagePlace) => PagePlace {
  return (place) => ({ ...goTo(place, "hosts"), filter });
}

function hostCount({ hosts }: Fleet): number {
  return hosts.size;
}

function onlineCount({ hosts }: Fleet): number {
  let online = 0;
  for (const host of hosts.values()) if (host.online) online += 1;
  return online;
}
