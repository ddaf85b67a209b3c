/** These parts of the page come after the first paint. */

import type { ComponentType } from "react";
import { PartMissing } from "./components/notice.tsx";
import { laterPart } from "./state/later-part.ts";

export const LATER = {
  Overview: part(async () => (await import("./overview/overview-screen.tsx")).OverviewScreen),
  Runs: part(async () => (await import("./commands/runs-screen.tsx")).RunsScreen),
  Pipelines: part(async () => (await import("./pipelines/pipelines-screen.tsx")).PipelinesScreen),
  Alerts: part(async () => (await import("./alerts/alerts-screen.tsx")).AlertsScreen),
  Events: part(async () => (await import("./events/events-screen.tsx")).EventsScreen),
  Settings: part(async () => (await import("./settings/settings-screen.tsx")).SettingsScreen),
  HostGrid: part(async () => (await import("./hosts/tiles/host-grid.tsx")).HostGrid),
  HostTools: part(async () => (await import("./hosts/tools/host-tools.tsx")).HostTools),
  HostPage: part(async () => (await import("./hosts/page/host-page.tsx")).HostPage),
  HostPanel: part(async () => (await import("./hosts/host-panel.tsx")).HostPanel),
  DispatchBar: part(async () => (await import("./commands/dispatch-bar.tsx")).DispatchBar),
  RunDialog: part(async () => (await import("./commands/dialog/run-dialog.tsx")).RunDialog),
  OutputDock: part(async () => (await import("./outputs/output-dock.tsx")).OutputDock),
  AwayBanner: part(async () => (await import("./moments/away-banner.tsx")).AwayBanner),
  TimeTravel: part(async () => (await import("./moments/time-travel.tsx")).TimeTravel),
  DifferencePanel: part(async () => (await import("./moments/difference-panel.tsx")).DifferencePanel),
  HeldBar: part(async () => (await import("./moments/held-bar.tsx")).HeldBar),
  Palette: part(async () => (await import("./palette/command-palette.tsx")).CommandPalette),
  ConnectionDetails: part(async () => (await import("./frame/connection-details.tsx")).ConnectionDetails),
  Shortcuts: part(async () => (await import("./palette/shortcut-list.tsx")).ShortcutList),
};

function part<Props extends object>(get: () => Promise<ComponentType<Props>>): ComponentType<Props> {
  return laterPart(get, PartMissing);
}
