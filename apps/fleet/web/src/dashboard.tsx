/** The dashboard is the frame with the screen that the address names. Each screen gets its own data. */

import { type ReactNode, useState } from "react";
import { AlertsScreen } from "./alerts/alerts-screen.tsx";
import { RunsScreen } from "./commands/runs-screen.tsx";
import { Empty } from "./components/notice.tsx";
import { PlaceLink } from "./components/place-link.tsx";
import { EventsScreen } from "./events/events-screen.tsx";
import { AwayBanner } from "./frame/away-banner.tsx";
import { PageFrame } from "./frame/page-frame.tsx";
import { ChosenHosts, ChosenHostsContext } from "./hosts/chosen-hosts.ts";
import { HostsScreen } from "./hosts/hosts-screen.tsx";
import { PeopleScreen } from "./people/people-screen.tsx";
import { PipelinesScreen } from "./pipelines/pipelines-screen.tsx";
import { usePlace } from "./state/navigation.ts";
import { goTo, type Screen } from "./state/place.ts";

export function Dashboard() {
  const screen = usePlace((place) => place.screen);
  const missing = usePlace((place) => place.missing);
  const [chosenHosts] = useState(() => new ChosenHosts()); // Whoever comes back to the hosts finds them chosen as before.
  const ShownScreen = SCREENS[screen];
  return (
    <ChosenHostsContext value={chosenHosts}>
      <PageFrame>
        <AwayBanner />
        {missing === null ? <ShownScreen /> : <NoSuchPage path={missing} />}
      </PageFrame>
    </ChosenHostsContext>
  );
}

const SCREENS: Readonly<Record<Screen, () => ReactNode>> = {
  hosts: HostsScreen,
  runs: RunsScreen,
  pipelines: PipelinesScreen,
  alerts: AlertsScreen,
  events: EventsScreen,
  people: PeopleScreen,
};

function NoSuchPage({ path }: { readonly path: string }) {
  return (
    <section className="screen">
      <Empty title={`There is no page ${path}`}>
        The address may be wrong. <PlaceLink to={(place) => goTo(place, "hosts")}>Go to the hosts</PlaceLink>
      </Empty>
    </section>
  );
}
