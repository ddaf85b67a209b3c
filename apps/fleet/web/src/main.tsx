/** The parts that live as long as the page are made here, outside React, and handed down. */

import { pacedReplica } from "@neverstale/client/bindings";
import { FleetSession } from "@neverstale/fleet-client";
import { FLEET_MODEL } from "@neverstale/fleet-domain/schema-free";
import { StrictMode } from "react";
import { I18nProvider } from "react-aria-components";
import { createRoot } from "react-dom/client";
import { readOneTimeLink } from "./accounts/io/one-time-link.ts";
import { sessionRequests } from "./accounts/io/session-requests.ts";
import { Reauthentication, ReauthenticationContext } from "./accounts/reauthentication.ts";
import { Visitor, VisitorContext } from "./accounts/visitor.ts";
import { TrailsContext } from "./components/sparkline.tsx";
import { FleetPage } from "./fleet-page.tsx";
import { HostPastContext } from "./hosts/history/host-past.ts";
import { pastRequests } from "./hosts/history/io/past-requests.ts";
import { Outputs, OutputsContext } from "./outputs/followed-output.ts";
import { peopleRequests } from "./people/io/people-requests.ts";
import { PeopleContext } from "./people/people.ts";
import { AddressBar } from "./state/io/address-bar.ts";
import { serverPath } from "./state/io/base-path.ts";
import { atMostEvery } from "./state/io/pace.ts";
import { applyTheme, storedTheme } from "./state/io/theme.ts";
import { MomentProvider } from "./state/moment-provider.tsx";
import { Moments } from "./state/moments.ts";
import { NavigationContext } from "./state/navigation.ts";
import { Trails } from "./state/trails.ts";
import "./styles/index.css";

/** Changes that come all the time are shown so often. */
const SHOWN_EVERY_MS = 100;

applyTheme(storedTheme());
const oneTimeLink = readOneTimeLink();
const navigation = new AddressBar(window);
const session = new FleetSession({ server: serverPath("") });
const reauthentication = new Reauthentication();
const visitor = new Visitor(sessionRequests(session, reauthentication));
const people = peopleRequests(session, reauthentication);
const past = pastRequests(session);
const trails = new Trails();
const sync = pacedReplica(session.follow({ model: FLEET_MODEL, autoStart: false }), atMostEvery(SHOWN_EVERY_MS));
const moments = new Moments(sync, (initial) => session.follow({ model: FLEET_MODEL, initial, autoStart: false }));
const outputs = new Outputs((commandId) => session.followOutput(commandId, { autoStart: false }));

visitor.subscribe(() => {
  if (visitor.state.phase === "signed_in") return sync.start(visitor.state.user);
  moments.resume();
  outputs.keep([]);
  trails.clear();
});
sync.subscribeCollection("metrics", () => trails.recordAll(sync.state.metrics));
sync.subscribe(() => {
  if (sync.status.type === "signed_out" && visitor.state.phase === "signed_in") visitor.ended();
});

const root = document.getElementById("root");
if (root === null) throw new Error("index.html has no #root");
createRoot(root).render(
  <StrictMode>
    <I18nProvider locale="en-US">
      <NavigationContext value={navigation}>
        <VisitorContext value={visitor}>
          <MomentProvider moments={moments}>
            <OutputsContext value={outputs}>
              <TrailsContext value={trails}>
                <HostPastContext value={past}>
                  <PeopleContext value={people}>
                    <ReauthenticationContext value={reauthentication}>
                      <FleetPage oneTimeLink={oneTimeLink} />
                    </ReauthenticationContext>
                  </PeopleContext>
                </HostPastContext>
              </TrailsContext>
            </OutputsContext>
          </MomentProvider>
        </VisitorContext>
      </NavigationContext>
    </I18nProvider>
  </StrictMode>,
);
