/** The hosts screen shows every host with its newest reading, live, and beside the list the host that is open. */

import type { Fleet } from "@neverstale/fleet-domain";
import { hostStatus } from "@neverstale/fleet-domain/schema-free";
import { Suspense, useCallback, useState } from "react";
import { useAccount } from "../accounts/account.ts";
import { PlaceFilter } from "../components/place-filter.tsx";
import { AddHosts } from "../enrolment/add-hosts.tsx";
import { LATER } from "../later.ts";
import { howMany } from "../state/format.ts";
import { usePlace } from "../state/navigation.ts";
import { useSelection } from "../state/replica-hooks.ts";
import { useAnyChosen, useChosenHosts } from "./chosen-hosts.ts";
import { HostList } from "./host-list.tsx";

export function HostsScreen() {
  const open = usePlace((place) => place.open);
  const { mayDispatch } = useAccount();
  const chosen = useChosenHosts();
  const anyChosen = useAnyChosen();
  const [asked, setAsked] = useState(0);
  const runOn = useCallback(
    (id: string) => {
      chosen.choose([id]);
      setAsked((number) => number + 1);
    },
    [chosen],
  );
  return (
    <>
      <div className="stack">
        <section className="screen" aria-labelledby="hosts-title">
          <header className="screen-head">
            <h1 id="hosts-title">Hosts</h1>
            <Summary />
            <AddHosts />
            <PlaceFilter label="Filter hosts" placeholder="Filter: web tag:prod status:offline cpu:>80" />
          </header>
          <HostList onRun={mayDispatch ? runOn : null} />
        </section>
        <Suspense fallback={null}>{mayDispatch && anyChosen && <LATER.DispatchBar asked={asked} />}</Suspense>
      </div>
      <Suspense fallback={null}>{open !== null && <LATER.HostPanel key={open} id={open} />}</Suspense>
    </>
  );
}

function Summary() {
  const { all, busy, offline } = useSelection(hostCounts);
  const parts = [
    howMany(all, "host"),
    ...(busy > 0 ? [`${busy} busy`] : []),
    ...(offline > 0 ? [`${offline} offline`] : []),
  ];
  return <p className="screen-summary value">{parts.join(" · ")}</p>;
}

function hostCounts(fleet: Fleet) {
  const statuses = Array.from(fleet.hosts.values(), hostStatus);
  return {
    all: statuses.length,
    busy: statuses.filter((status) => status === "busy").length,
    offline: statuses.filter((status) => status === "offline").length,
  };
}
