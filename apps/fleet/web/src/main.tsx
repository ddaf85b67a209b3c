import { StateSync } from "@neverstale/client";
import type { Fleet, OutputState } from "@neverstale/fleet-domain";
import { FLEET_MODEL } from "@neverstale/fleet-domain/schema-free";
import { StrictMode } from "react";
import { I18nProvider } from "react-aria-components";
import { createRoot } from "react-dom/client";
import { Session } from "./accounts/visitor.ts";
import { TrailsContext } from "./components/sparkline.tsx";
import { App } from "./fleet-page.tsx";
import { applyTheme, storedTheme } from "./frame/io/theme.ts";
import { Outputs } from "./outputs/followed-output.ts";
import { at } from "./state/io/base-path.ts";
import { Navigation, NavigationContext } from "./state/navigation.ts";
import { SyncProvider } from "./state/replica-hooks.ts";
import { Trails } from "./state/trails.ts";
import "./styles/index.css";

/** What lives as long as the page is made here, outside React, and handed down. */
applyTheme(storedTheme());
const setupToken = takeSetupToken();
const navigation = new Navigation(window);
const session = new Session();
const sync = new StateSync<Fleet>({
  dispatchPath: at("/api/dispatch"),
  url: at("/sync"),
  csrf: at("/api/session"),
  model: FLEET_MODEL,
  autoStart: false,
});
const outputs = new Outputs(
  (commandId) =>
    new StateSync<OutputState>({ url: at(`/sync/output/${commandId}`), csrf: at("/api/session"), autoStart: false }),
);

const trails = new Trails();

session.subscribe(() => {
  if (session.state.phase === "signed_in") return sync.start(session.state.user);
  outputs.keep([]);
  trails.clear();
});
sync.subscribeCollection("metrics", () => trails.record(sync.list("metrics")));
sync.subscribe(() => {
  if (sync.status.type === "signed_out" && session.state.phase === "signed_in") session.ended();
});

const root = document.getElementById("root");
if (root === null) throw new Error("index.html has no #root");
createRoot(root).render(
  <StrictMode>
    <I18nProvider locale="en-US">
      <NavigationContext value={navigation}>
        <SyncProvider sync={sync}>
          <TrailsContext value={trails}>
            <App session={session} sync={sync} outputs={outputs} setupToken={setupToken} />
          </TrailsContext>
        </SyncProvider>
      </NavigationContext>
    </I18nProvider>
  </StrictMode>,
);

/** The token of the one-time link, `/#setup=<token>`. It is taken out of the address, so that no history keeps it. */
function takeSetupToken(): string | null {
  const token = new URLSearchParams(location.hash.slice(1)).get("setup");
  if (token !== null) history.replaceState(null, "", location.pathname + location.search);
  return token;
}
