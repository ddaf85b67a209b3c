/** The page has these screens, each at an address of its own: `/<screen>`, or `/<screen>/<record>`. */

export const PAGE_SCREENS = ["overview", "hosts", "runs", "pipelines", "alerts", "events", "people"] as const;
