/** The panel shows one host beside the list: its readings, its checks, what ran on it and what happened to it. */

import type { Host } from "@neverstale/fleet-domain";
import { hostStatus, labelOf } from "@neverstale/fleet-domain/schema-free";
import { type RefObject, Suspense, useEffect, useRef } from "react";
import { Button } from "react-aria-components";
import { useAccount } from "../accounts/account.ts";
import { useRunOpener } from "../commands/dialog/run-opener.ts";
import { Icon } from "../components/icon.tsx";
import { Empty, Notice, PartMissing } from "../components/notice.tsx";
import { PlaceLink } from "../components/place-link.tsx";
import { Status } from "../components/status.tsx";
import { ClockTime } from "../components/time.tsx";
import { laterPart } from "../state/later-part.ts";
import { useLoaded, useRecord } from "../state/replica-hooks.ts";
import { clockDoubt } from "./host-clock.ts";
import { HostChecks, HostFacts } from "./host-facts.tsx";
import { NewestEvents, NewestRuns } from "./host-history.tsx";
import { HOST_LOOKS } from "./host-status.ts";
import { TagList } from "./tag-list.tsx";

const HostPastCharts = laterPart(
  async () => (await import("./history/host-past-charts.tsx")).HostPastCharts,
  PartMissing,
);

export function HostPanel({ id }: { readonly id: string }) {
  const host = useRecord("hosts", id);
  const loaded = useLoaded();
  if (host !== undefined) return <KnownHost host={host} />;
  return loaded ? <NoSuchHost id={id} /> : null;
}

function KnownHost({ host }: { readonly host: Host }) {
  const title = useRef<HTMLHeadingElement>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another host in the panel is a new heading to read.
  useEffect(() => title.current?.focus({ preventScroll: true }), [host.id]);
  return (
    <aside className="panel" aria-labelledby="host-title">
      <PanelHead name={labelOf(host)} title={title} id={host.id} />
      <div className="panel-body">
        <p className="panel-lead value">
          <Status look={HOST_LOOKS[hostStatus(host)]} strong passing /> <TagList tags={host.tags} />
        </p>
        <ReadingNotice host={host} />
        <RunHere id={host.id} />
        <Suspense fallback={null}>
          <HostPastCharts id={host.id} />
        </Suspense>
        <HostFacts host={host} />
        <HostChecks host={host} />
        <NewestRuns host={host} />
        <NewestEvents host={host} />
      </div>
    </aside>
  );
}

/** An agent's last words are no longer so when it is not heard, and its times mean little when its clock is off. */
function ReadingNotice({ host }: { readonly host: Host }) {
  const doubt = clockDoubt(host);
  if (host.online && doubt === null) return null;
  return (
    <div className="reading-notice">
      <Notice tone="warn" shape={host.online ? "clock" : "square"}>
        {!host.online && (
          <>
            Its agent is not heard since <ClockTime at={host.offlineSince} />: what stands here was so before that.{" "}
          </>
        )}
        {doubt !== null && `Times that this host tells are in doubt: ${doubt}.`}
      </Notice>
    </div>
  );
}

function RunHere({ id }: { readonly id: string }) {
  const opener = useRunOpener();
  const { mayDispatch } = useAccount();
  if (!mayDispatch) return null;
  const open = () => opener.open({ where: { kind: "hosts", ids: [id] }, what: null });
  return (
    <p>
      <Button className="button button-small" onPress={open}>
        Run on this host…
      </Button>
    </p>
  );
}

/** It stands in the place of a host that is not part of the fleet. */
function NoSuchHost({ id }: { readonly id: string }) {
  return (
    <aside className="panel" aria-labelledby="host-title">
      <PanelHead name={id} />
      <Empty title="There is no such host">It was removed, or the address is wrong.</Empty>
    </aside>
  );
}

interface PanelHeadProps {
  readonly name: string;
  /** With it the heading may be focused, so that a screen reader reads it. */
  readonly title?: RefObject<HTMLHeadingElement | null>;
  /** It is absent for a host that is not part of the fleet. */
  readonly id?: string;
}

function PanelHead({ name, title, id }: PanelHeadProps) {
  return (
    <header className="panel-head">
      <h2
        id="host-title"
        className="panel-title foreign"
        {...(title === undefined ? {} : { ref: title, tabIndex: -1 })}
      >
        {name}
      </h2>
      {id !== undefined && (
        <PlaceLink className="button button-small" to={(place) => ({ ...place, open: id, beside: false })}>
          Open the page<span className="visually-hidden"> of {name}</span>
        </PlaceLink>
      )}
      <PlaceLink className="button button-plain" to={(place) => ({ ...place, open: null, beside: false })}>
        <Icon name="close" />
        <span className="visually-hidden">Close {name}</span>
      </PlaceLink>
    </header>
  );
}
