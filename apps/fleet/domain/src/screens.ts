/** The page has these screens, each at an address of its own: `/<screen>`, or `/<screen>/<record>`. */

export const PAGE_SCREENS = ["hosts", "runs", "pipelines", "alerts", "events", "people"] as const;
