/** These parts of the page come after the first paint. */

import { laterPart } from "./state/later-part.ts";

export const LATER = {
  Overview: laterPart(async () => (await import("./overview/overview-screen.tsx")).OverviewScreen),
  Runs: laterPart(async () => (await import("./commands/runs-screen.tsx")).RunsScreen),
  Pipelines: laterPart(async () => (await import("./pipelines/pipelines-screen.tsx")).PipelinesScreen),
  Alerts: laterPart(async () => (await import("./alerts/alerts-screen.tsx")).AlertsScreen),
  Events: laterPart(async () => (await import("./events/events-screen.tsx")).EventsScreen),
  People: laterPart(async () => (await import("./people/people-screen.tsx")).PeopleScreen),
  HostPanel: laterPart(async () => (await import("./hosts/host-panel.tsx")).HostPanel),
  DispatchBar: laterPart(async () => (await import("./commands/dispatch-bar.tsx")).DispatchBar),
  OutputDock: laterPart(async () => (await import("./outputs/output-dock.tsx")).OutputDock),
  Palette: laterPart(async () => (await import("./palette/command-palette.tsx")).CommandPalette),
  Shortcuts: laterPart(async () => (await import("./palette/shortcut-list.tsx")).ShortcutList),
};
