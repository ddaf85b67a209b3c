/** The parts that live as long as the page are made here, outside React, and handed down. */

import { pacedReplica } from "@neverstale/client/bindings";
import { kept } from "@neverstale/client/kept";
import { tabs } from "@neverstale/client/tabs";
import { FleetSession } from "@neverstale/fleet-client";
import { FLEET_MODEL } from "@neverstale/fleet-domain/schema-free";
import { StrictMode } from "react";
import { I18nProvider } from "react-aria-components";
import { createRoot } from "react-dom/client";
import { readOneTimeLink } from "./accounts/io/one-time-link.ts";
import { inWords, sessionRequests } from "./accounts/io/session-requests.ts";
import { Reauthentication, ReauthenticationContext } from "./accounts/reauthentication.ts";
import { visitorMemory } from "./accounts/remembered/io/visitor-memory.ts";
import { Visitor, VisitorContext } from "./accounts/visitor.ts";
import { workRequestsOf } from "./commands/runs/io/work-requests-of.ts";
import { WorkRequestsContext } from "./commands/runs/work-requests.ts";
import { TrailsContext } from "./components/sparkline.tsx";
import { eventRequests } from "./events/io/event-requests.ts";
import { EventLogContext } from "./events/past-events.ts";
import { FleetPage } from "./fleet-page.tsx";
import { HostPastContext } from "./hosts/history/host-past.ts";
import { pastRequests } from "./hosts/history/io/past-requests.ts";
import { forgetLastSeen } from "./moments/io/last-seen.ts";
import { pastStateRequests } from "./moments/io/past-state-requests.ts";
import { keepPage, lookForNewerPage } from "./offline/io/offline-page.ts";
import { Outputs, OutputsContext } from "./outputs/outputs.ts";
import { peopleRequests } from "./people/io/people-requests.ts";
import { PeopleContext } from "./people/people.ts";
import { AddressBar } from "./state/io/address-bar.ts";
import { serverPath } from "./state/io/base-path.ts";
import { atMostEvery } from "./state/io/pace.ts";
import { serverRequests } from "./state/io/server-requests.ts";
import { showTheme } from "./state/io/theme.ts";
import { MomentProvider } from "./state/moment-provider.tsx";
import { Moments } from "./state/moments.ts";
import { NavigationContext } from "./state/navigation.ts";
import { ServerContext } from "./state/server.ts";
import { Trails } from "./state/trails.ts";
import "./styles/index.css";

/** Changes that come all the time are shown so often. */
const SHOWN_EVERY_MS = 100;

showTheme();
const oneTimeLink = readOneTimeLink();
const navigation = new AddressBar(window);
const session = new FleetSession({ server: serverPath("") });
const reauthentication = new Reauthentication();
const visitor = new Visitor(sessionRequests(session, reauthentication), visitorMemory());
const people = peopleRequests(session, reauthentication);
const past = pastRequests(session);
const log = eventRequests(session);
const work = workRequestsOf(session);
const server = serverRequests(session, reauthentication);
const trails = new Trails();
const followed = session.follow({
  model: FLEET_MODEL,
  autoStart: false,
  kept: kept({ database: `neverstale-fleet${serverPath("")}` }),
  tabs: tabs(),
});
const sync = pacedReplica(followed, atMostEvery(SHOWN_EVERY_MS));
const pastStates = pastStateRequests(session);
const moments = new Moments(sync, (initial) => session.follow({ model: FLEET_MODEL, initial, autoStart: false }));
const outputs = new Outputs({
  follow: (commandId) => session.followOutput(commandId, { autoStart: false }),
  getText: (path) => inWords(session.getText(path)),
  getJson: (path) => inWords(session.get(path)),
});

let lastUser: string | null = null;
visitor.subscribe(() => {
  const { state } = visitor;
  const user = state.phase === "signed_in" ? state.user : null;
  if (user === null || user !== lastUser) leaveNothingShown();
  lastUser = user;
  if (user !== null) return sync.start(user);
  if (state.phase === "signed_out" && sync.status.type !== "signed_out") void sync.signOut();
  if (state.phase === "signed_out" && state.before === null) forgetLastSeen();
  if (state.phase === "signed_out" && state.before === null && state.forgotten !== null) eraseKept(state.forgotten);
});
sync.subscribeCollection("metrics", () => trails.recordAll(sync.state.metrics));
keepPage();
let epoch: string | null = null;
sync.subscribe(() => {
  if (sync.epoch !== null && epoch !== null && sync.epoch !== epoch) lookForNewerPage();
  epoch = sync.epoch;
  if (sync.status.type === "signed_out" && visitor.state.phase === "signed_in") visitor.ended();
  if (sync.status.type === "live") visitor.confirm();
});

/** The next visitor may see less. A page that went on for whom the browser remembered may turn out to be somebody else's. */
function leaveNothingShown(): void {
  moments.resume();
  outputs.keep([]);
  trails.clear();
}

/** The session has ended while no page was open: what a browser keeps of a user goes when that user leaves a replica. */
function eraseKept(user: string): void {
  sync.start(user);
  void sync.signOut();
}

const root = document.getElementById("root");
if (root === null) throw new Error("index.html has no #root");
createRoot(root).render(
  <StrictMode>
    <I18nProvider locale="en-US">
      <NavigationContext value={navigation}>
        <VisitorContext value={visitor}>
          <MomentProvider moments={moments} pastStates={pastStates}>
            <OutputsContext value={outputs}>
              <TrailsContext value={trails}>
                <HostPastContext value={past}>
                  <EventLogContext value={log}>
                    <PeopleContext value={people}>
                      <ServerContext value={server}>
                        <ReauthenticationContext value={reauthentication}>
                          <WorkRequestsContext value={work}>
                            <FleetPage oneTimeLink={oneTimeLink} />
                          </WorkRequestsContext>
                        </ReauthenticationContext>
                      </ServerContext>
                    </PeopleContext>
                  </EventLogContext>
                </HostPastContext>
              </TrailsContext>
            </OutputsContext>
          </MomentProvider>
        </VisitorContext>
      </NavigationContext>
    </I18nProvider>
  </StrictMode>,
);
