/** Each screen is called by one word, wherever the page names it. */

import type { Screen } from "../state/place.ts";

export const SCREEN_WORDS: Readonly<Record<Screen, string>> = {
  overview: "Overview",
  hosts: "Hosts",
  runs: "Runs",
  pipelines: "Pipelines",
  alerts: "Alerts",
  events: "Events",
  settings: "Settings",
};
