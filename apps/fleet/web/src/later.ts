/** These parts of the page come after the first paint, all of them and by themselves, so that none is missing when the server is away. */

import { type ComponentType, lazy } from "react";

export const LATER = {
  runs: later(async () => (await import("./commands/runs-screen.tsx")).RunsScreen),
  pipelines: later(async () => (await import("./pipelines/pipelines-screen.tsx")).PipelinesScreen),
  alerts: later(async () => (await import("./alerts/alerts-screen.tsx")).AlertsScreen),
  events: later(async () => (await import("./events/events-screen.tsx")).EventsScreen),
  people: later(async () => (await import("./people/people-screen.tsx")).PeopleScreen),
  hostPanel: later(async () => (await import("./hosts/host-panel.tsx")).HostPanel),
  hostPastCharts: later(async () => (await import("./hosts/history/host-past-charts.tsx")).HostPastCharts),
  dispatchBar: later(async () => (await import("./commands/dispatch-bar.tsx")).DispatchBar),
  outputDock: later(async () => (await import("./outputs/output-dock.tsx")).OutputDock),
  palette: later(async () => (await import("./palette/command-palette.tsx")).CommandPalette),
  shortcuts: later(async () => (await import("./palette/shortcut-list.tsx")).ShortcutList),
};

export function loadLater(): void {
  for (const { load } of Object.values(LATER)) void load().catch(() => {});
}

interface Later<Props> {
  readonly component: ComponentType<Props>;
  /** It asks for the code once more only if that failed before. */
  readonly load: () => Promise<unknown>;
}

function later<Props extends object>(get: () => Promise<ComponentType<Props>>): Later<Props> {
  return { component: lazy(async () => ({ default: await get() })), load: get };
}
