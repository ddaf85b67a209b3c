import type { StateSync } from "@neverstale/client";
import type { Fleet, Role } from "@neverstale/fleet-domain";
import { isFinal, labelIn } from "@neverstale/fleet-domain/schema-free";
import { useCallback, useEffect, useMemo, useState } from "react";
import { AccountMenu } from "./accounts/account-menu.tsx";
import { RunBar } from "./commands/dispatch-bar.tsx";
import { type RunRequest, run } from "./commands/dispatch-request.ts";
import { RunsScreen } from "./commands/runs-screen.tsx";
import { Empty } from "./components/notice.tsx";
import { EventsScreen } from "./events/events-screen.tsx";
import { AwayBanner } from "./frame/away-banner.tsx";
import { Freshness } from "./frame/freshness-badge.tsx";
import { Frame } from "./frame/page-frame.tsx";
import { Link } from "./frame/place-link.tsx";
import { parseHostFilter } from "./hosts/host-filter.ts";
import { HostPanel, NoSuchHost } from "./hosts/host-panel.tsx";
import { HostsScreen } from "./hosts/hosts-screen.tsx";
import type { Outputs } from "./outputs/followed-output.ts";
import { OutputDock } from "./outputs/output-dock.tsx";
import { OutputPanel } from "./outputs/output-panel.tsx";
import { usePipelineOffers } from "./pipelines/io/pipeline-offers.ts";
import { PipelinesScreen } from "./pipelines/pipelines-screen.tsx";
import { at } from "./state/io/base-path.ts";
import { useNavigation, useView } from "./state/navigation.ts";
import { goTo, showOutput } from "./state/place.ts";
import { useCollection, useRecord, useSync } from "./state/replica-hooks.ts";

export interface DashboardProps {
  readonly user: string;
  readonly role: Role;
  readonly sync: StateSync<Fleet>;
  readonly outputs: Outputs;
  readonly onSignOut: () => void;
}

/** The frame around the screen that the address names. */
export function Dashboard({ user, role, sync, outputs, onSignOut }: DashboardProps) {
  const view = useView();
  const old = useSync((sync) => sync.status.type !== "live");
  const hostCount = useCollection("hosts").length;
  const selection = useState<ReadonlySet<string>>(new Set());
  const running = useCollection("commands").filter((command) => !isFinal(command.status)).length;
  return (
    <Frame
      view={view}
      counts={{ hosts: hostCount, ...(running > 0 ? { runs: running } : {}) }}
      old={old}
      badge={<Freshness sync={sync} />}
      account={
        <AccountMenu
          user={user}
          role={role}
          onSignOut={onSignOut}
          onSetPassword={async (current, password) => {
            await sync.dispatch(at("/api/password"), current === "" ? { password } : { current, password });
          }}
        />
      }
      dock={<Dock sync={sync} outputs={outputs} mayRun={role !== "viewer"} />}
    >
      <AwayBanner sync={sync} />
      {view.missing !== null && <NoSuchPage path={view.missing} />}
      {view.missing === null && view.screen === "hosts" && (
        <Hosts sync={sync} mayRun={role !== "viewer"} selection={selection} />
      )}
      {view.missing === null && view.screen === "runs" && <Runs />}
      {view.missing === null && view.screen === "pipelines" && <Pipelines sync={sync} mayRun={role !== "viewer"} />}
      {view.missing === null && view.screen === "events" && <Events />}
    </Frame>
  );
}

function NoSuchPage({ path }: { readonly path: string }) {
  const view = useView();
  return (
    <section className="screen">
      <Empty title={`There is no page ${path}`}>
        The address may be wrong. <Link to={goTo(view, "hosts")}>Go to the hosts</Link>
      </Empty>
    </section>
  );
}

function useById<R extends { readonly id: string }>(records: readonly R[]): ReadonlyMap<string, R> {
  return useMemo(() => new Map(records.map((record) => [record.id, record])), [records]);
}

function useLoaded(): boolean {
  return useSync((sync) => sync.epoch !== null);
}

/** How many outputs a request opens at most. */
const OPENED_AT_ONCE = 4;

interface HostsProps {
  readonly sync: StateSync<Fleet>;
  readonly mayRun: boolean;
  /** It outlives the screen: whoever comes back finds it as it was. */
  readonly selection: readonly [ReadonlySet<string>, (chosen: ReadonlySet<string>) => void];
}

function Hosts({ sync, mayRun, selection }: HostsProps) {
  const view = useView();
  const navigation = useNavigation();
  const hosts = useCollection("hosts");
  const metrics = useById(useCollection("metrics"));
  const loaded = useLoaded();
  const pipelines = usePipelineOffers(useSync((sync) => sync.epoch));
  const [chosen, setChosen] = selection;
  const [asked, setAsked] = useState(0);
  const chosenHosts = useMemo(() => hosts.filter((host) => chosen.has(host.id)), [hosts, chosen]);
  const commands = useById(useCollection("commands"));
  const matches = useMemo(() => parseHostFilter(view.filter), [view.filter]);
  const hidden = chosenHosts.filter((host) => !matches(host, metrics.get(host.id)));

  const onRun = async (request: RunRequest, key: string) => {
    const started = await run(sync, request, key, (id) => labelIn(new Map(hosts.map((host) => [host.id, host])), id));
    const { view } = navigation;
    if (started.commandIds.length > 0) navigation.go(showOutput(view, started.commandIds.slice(0, OPENED_AT_ONCE)));
    if (started.pipelineId !== null) navigation.go(goTo(view, "pipelines", started.pipelineId));
    return started.outcome;
  };
  const runOn = useCallback(
    (id: string) => {
      setChosen(new Set([id]));
      setAsked((number) => number + 1);
    },
    [setChosen],
  );
  return (
    <>
      <div className="stack">
        <HostsScreen
          hosts={hosts}
          metrics={metrics}
          chosen={chosen}
          onChoose={setChosen}
          onRun={mayRun ? runOn : null}
          loaded={loaded}
        />
        {mayRun && chosen.size > 0 && (
          <RunBar
            hosts={chosenHosts}
            hidden={hidden}
            onDropHidden={() =>
              setChosen(new Set(chosenHosts.filter((host) => !hidden.includes(host)).map(({ id }) => id)))
            }
            commandOf={(id) => commands.get(id)}
            pipelines={pipelines}
            onRun={onRun}
            onClear={() => setChosen(new Set())}
            asked={asked}
          />
        )}
      </div>
      {view.open !== null && <OpenHost key={view.open} id={view.open} />}
    </>
  );
}

function OpenHost({ id }: { readonly id: string }) {
  const host = useRecord("hosts", id);
  const metrics = useRecord("metrics", id);
  const commands = useCollection("commands").filter((command) => command.host === id);
  const events = useCollection("events").filter((event) => event.host === id);
  const loaded = useLoaded();
  if (host !== undefined) return <HostPanel host={host} metrics={metrics} commands={commands} events={events} />;
  return loaded ? <NoSuchHost id={id} /> : null;
}

function Runs() {
  return (
    <RunsScreen commands={useCollection("commands")} hosts={useById(useCollection("hosts"))} loaded={useLoaded()} />
  );
}

function Pipelines({ sync, mayRun }: { readonly sync: StateSync<Fleet>; readonly mayRun: boolean }) {
  const stop = useCallback((id: string) => void cancel(sync, "pipelines", id), [sync]);
  return (
    <PipelinesScreen
      onStop={mayRun ? stop : null}
      pipelines={useCollection("pipelines")}
      commands={useCollection("commands")}
      hosts={useById(useCollection("hosts"))}
      loaded={useLoaded()}
    />
  );
}

function Events() {
  return <EventsScreen events={useCollection("events")} hosts={useById(useCollection("hosts"))} loaded={useLoaded()} />;
}

interface DockProps {
  readonly sync: StateSync<Fleet>;
  readonly outputs: Outputs;
  readonly mayRun: boolean;
}

function Dock({ sync, outputs, mayRun }: DockProps) {
  const { tabs } = useView();
  const commands = useById(useCollection("commands"));
  const hosts = useById(useCollection("hosts"));
  useEffect(() => outputs.keep(tabs), [outputs, tabs]);
  const stop = useCallback((id: string) => void cancel(sync, "commands", id), [sync]);
  return (
    <OutputDock
      commands={commands}
      hosts={hosts}
      output={(command) => (
        <OutputPanel
          key={command.id}
          followed={outputs.of(command.id)}
          command={command}
          hostname={labelIn(hosts, command.host)}
          onStop={mayRun ? () => stop(command.id) : null}
        />
      )}
    />
  );
}

/** What became of it shows in the state: it says that it is being stopped, or goes on running. */
async function cancel(sync: StateSync<Fleet>, what: "commands" | "pipelines", id: string): Promise<void> {
  await sync.dispatch(at(`/api/${what}/${encodeURIComponent(id)}/cancel`), undefined).catch(() => undefined);
}
