/** The hosts screen shows every host with its newest reading, live, and beside the list the host that is open. */

import { Suspense, useCallback, useState } from "react";
import { useAccount } from "../accounts/account.ts";
import { AddHosts } from "../enrolment/add-hosts.tsx";
import { LATER } from "../later.ts";
import { howMany } from "../state/format.ts";
import { usePlace } from "../state/navigation.ts";
import { useAnyChosen, useChosenHosts } from "./chosen-hosts.ts";
import { FilterBox } from "./filter/filter-box.tsx";
import { useShownHosts } from "./found/use-shown-hosts.tsx";
import { HostList } from "./host-list.tsx";

/** The open host has the screen for itself, unless somebody only takes a quick look at it from the list. */
export function HostsScreen() {
  const alone = usePlace((place) => (place.beside ? null : place.open));
  if (alone === null) return <HostsWithList />;
  return (
    <Suspense fallback={null}>
      <LATER.HostPage key={alone} id={alone} />
    </Suspense>
  );
}

function HostsWithList() {
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
            <Suspense fallback={null}>
              <LATER.HostTools />
            </Suspense>
            <FilterBox />
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
  const { ids, facets } = useShownHosts(EVERY_HOST_SHOWN);
  const count = (status: string) => facets().status.find(({ word }) => word === status)?.count ?? 0;
  const [busy, offline] = [count("busy"), count("offline")];
  const parts = [
    howMany(ids.length, "host"),
    ...(busy > 0 ? [`${busy} busy`] : []),
    ...(offline > 0 ? [`${offline} offline`] : []),
  ];
  return <p className="screen-summary value">{parts.join(" · ")}</p>;
}

const EVERY_HOST_SHOWN = { filter: "", sort: "none" } as const;
