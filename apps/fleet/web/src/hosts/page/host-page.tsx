/** The page of one host has room for all that is known of it, and for all that can be done with it. */

import type { Host } from "@neverstale/fleet-domain";
import { hostStatus, labelOf } from "@neverstale/fleet-domain/schema-free";
import { Suspense, useEffect, useRef } from "react";
import { Button } from "react-aria-components";
import { useAccount } from "../../accounts/account.ts";
import { useRunOpener } from "../../commands/dialog/run-opener.ts";
import { Empty, Notice, PartMissing } from "../../components/notice.tsx";
import { PlaceLink } from "../../components/place-link.tsx";
import { Status } from "../../components/status.tsx";
import { Ago } from "../../components/time.tsx";
import { laterPart } from "../../state/later-part.ts";
import { useLoaded, useRecord } from "../../state/replica-hooks.ts";
import { HostChecks, HostFacts } from "../host-facts.tsx";
import { NewestEvents, NewestRuns } from "../host-history.tsx";
import { HOST_LOOKS } from "../host-status.ts";
import { TagList } from "../tag-list.tsx";
import { FileSystems } from "./file-systems.tsx";
import { HostAgent } from "./host-agent.tsx";
import { HostAlerts } from "./host-alerts.tsx";
import { HostNotes } from "./host-notes.tsx";
import { RemoveHost } from "./remove-host.tsx";

const HostPastCharts = laterPart(
  async () => (await import("../history/host-past-charts.tsx")).HostPastCharts,
  PartMissing,
);

/** So many runs and events have room here. */
const SHOWN = 15;

export function HostPage({ id }: { readonly id: string }) {
  const host = useRecord("hosts", id);
  const loaded = useLoaded();
  if (host !== undefined) return <KnownHost host={host} />;
  return loaded ? <NoSuchHost id={id} /> : null;
}

function KnownHost({ host }: { readonly host: Host }) {
  const title = useRef<HTMLHeadingElement>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another host is a new heading to read.
  useEffect(() => title.current?.focus({ preventScroll: true }), [host.id]);
  const { mayDispatch, role } = useAccount();
  return (
    <section className="screen" aria-labelledby="host-title">
      <header className="screen-head host-head">
        <BackToHosts />
        <h1 id="host-title" className="foreign" ref={title} tabIndex={-1}>
          {labelOf(host)}
        </h1>
        <span className="value">
          <Status look={HOST_LOOKS[hostStatus(host)]} strong passing />
        </span>
        <TagList tags={host.tags} />
        {mayDispatch && <RunHere host={host} />}
      </header>
      <div className="host-page">
        <Warnings host={host} />
        <div className="host-main">
          <Suspense fallback={null}>
            <HostPastCharts id={host.id} />
          </Suspense>
          <NewestRuns host={host} most={SHOWN} />
          <NewestEvents host={host} most={SHOWN} />
        </div>
        <div className="host-side">
          <HostAlerts hostId={host.id} />
          <HostChecks host={host} />
          <HostNotes host={host} />
          <section aria-labelledby="host-machine">
            <h2 id="host-machine">Machine</h2>
            <HostFacts host={host} onPage />
          </section>
          <FileSystems id={host.id} />
          <HostAgent host={host} />
          {role === "admin" && <RemoveHost host={host} />}
        </div>
      </div>
    </section>
  );
}

/** The list keeps its filter and its order meanwhile. */
function BackToHosts() {
  return (
    <PlaceLink className="button button-small" to={(place) => ({ ...place, open: null })}>
      All hosts
    </PlaceLink>
  );
}

/** The dialog asks for an op or a pipeline, and says what becomes of it here. */
function RunHere({ host }: { readonly host: Host }) {
  const opener = useRunOpener();
  const open = () => opener.open({ where: { kind: "hosts", ids: [host.id] }, what: null });
  return (
    <Button className="button button-main host-run" onPress={open}>
      Run…<span className="visually-hidden"> on {labelOf(host)}</span>
    </Button>
  );
}

function Warnings({ host }: { readonly host: Host }) {
  return (
    <>
      {host.cloneSeenAt !== undefined && (
        <Notice tone="bad" shape="cross">
          Two machines have shown the credential of this host, <Ago at={host.cloneSeenAt} />. Find out which is the
          right one, take the credential away from the other one, and have the agent take a new one.
        </Notice>
      )}
      {host.clockSkewed === true && (
        <Notice tone="warn" shape="triangle">
          The clock of this machine is wrong. Times that it tells are put right by the server's clock.
        </Notice>
      )}
      {host.offlineSince !== undefined && (
        <Notice tone="warn" shape="square">
          Nothing was heard of this host since <Ago at={host.offlineSince} />. What stands here is what it told last.
        </Notice>
      )}
    </>
  );
}

/** It stands in the place of a host that is not part of the fleet. */
function NoSuchHost({ id }: { readonly id: string }) {
  return (
    <section className="screen" aria-labelledby="host-title">
      <header className="screen-head host-head">
        <BackToHosts />
        <h1 id="host-title" className="foreign">
          {id}
        </h1>
      </header>
      <Empty title="There is no such host">It was removed, or the address is wrong.</Empty>
    </section>
  );
}
