/** The dashboard is the frame with the screen that the address names. Each screen gets its own data. */

import { type ComponentType, Suspense, useEffect, useState } from "react";
import { useAccount } from "./accounts/account.ts";
import { RunOpener, RunOpenerContext, useRunWish } from "./commands/dialog/run-opener.ts";
import { Empty } from "./components/notice.tsx";
import { PlaceLink } from "./components/place-link.tsx";
import { PageFrame } from "./frame/page-frame.tsx";
import { ChosenHosts, ChosenHostsContext } from "./hosts/chosen-hosts.ts";
import { HostsScreen } from "./hosts/hosts-screen.tsx";
import { LATER } from "./later.ts";
import { AtItsMoment } from "./moments/at-its-moment.tsx";
import { loadLaterParts } from "./state/later-part.ts";
import { usePlace } from "./state/navigation.ts";
import { goTo, type Screen } from "./state/place.ts";

export function Dashboard() {
  const screen = usePlace((place) => place.screen);
  const missing = usePlace((place) => place.missing);
  const [chosenHosts] = useState(() => new ChosenHosts()); // Whoever comes back to the hosts finds them chosen as before.
  const [runOpener] = useState(() => new RunOpener());
  const ShownScreen = SCREENS[screen];
  useEffect(loadLaterParts, []);
  return (
    <ChosenHostsContext value={chosenHosts}>
      <RunOpenerContext value={runOpener}>
        <PageFrame>
          <Suspense fallback={null}>
            <LATER.AwayBanner />
          </Suspense>
          <AtItsMoment isAlwaysLive={screen === "settings"}>
            <Suspense fallback={null}>{missing === null ? <ShownScreen /> : <NoSuchPage path={missing} />}</Suspense>
            <AskedRun />
          </AtItsMoment>
        </PageFrame>
      </RunOpenerContext>
    </ChosenHostsContext>
  );
}

const SCREENS: Readonly<Record<Screen, ComponentType>> = {
  overview: LATER.Overview,
  hosts: HostsScreen,
  runs: LATER.Runs,
  pipelines: LATER.Pipelines,
  alerts: LATER.Alerts,
  events: LATER.Events,
  settings: LATER.Settings,
};

/** It lies over every screen. Another wish is another dialog. */
function AskedRun() {
  const wish = useRunWish();
  const { mayDispatch } = useAccount();
  if (wish === null || !mayDispatch) return null;
  return (
    <Suspense fallback={null}>
      <LATER.RunDialog wish={wish} />
    </Suspense>
  );
}

function NoSuchPage({ path }: { readonly path: string }) {
  return (
    <section className="screen">
      <Empty title={`There is no page ${path}`}>
        The address may be wrong. <PlaceLink to={(place) => goTo(place, "hosts")}>Go to the hosts</PlaceLink>
      </Empty>
    </section>
  );
}
