/** The page has these screens, each at an address of its own: `/<screen>`, or `/<screen>/<record>`. */

export const PAGE_SCREENS = ["overview", "hosts", "runs", "pipelines", "alerts", "events", "settings"] as const;

/** Releases before had these addresses. Whoever has noted one is led to where that is now. */
export const MOVED_SCREENS = { people: { screen: "settings", open: "people" } } as const;
