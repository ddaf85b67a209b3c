/** The scenes are every screen of the page and its main dialogs: pictures are taken of them, and they are checked for accessibility. */

import type { PAGE_SCREENS } from "@neverstale/fleet-domain/schema-free";
import type { Page } from "playwright-core";
import type { DemoFleet } from "./demo-fleet.ts";

export interface Scene {
  /** The picture's file has this name. */
  readonly name: string;
  /** It says in words what is seen. */
  readonly words: string;
  readonly path: (demo: DemoFleet) => string;
  /** It waits until what is to be seen is there, and opens what does not open by its address. */
  readonly open: (page: Page, demo: DemoFleet) => Promise<void>;
  /** Nobody is signed in. */
  readonly signedOut?: true;
}

type ScreenName = (typeof PAGE_SCREENS)[number];

/** Each screen stands here. One that is missing is an error of its types. */
const OF_SCREENS: Readonly<Record<ScreenName, readonly Scene[]>> = {
  overview: [scene("overview", "what needs a person now", "/overview", byHeading("Overview"))],
  hosts: [
    scene("hosts", "every host with its newest reading", "/hosts", aRow),
    scene("hosts-filtered", "the hosts of a filter", "/hosts?q=disk:%3E60", aRow),
    scene("tiles", "every host as a tile", "/hosts?layout=grid", (page) =>
      page.getByText("Enter opens a host").waitFor(),
    ),
    {
      name: "past",
      words: "the hosts as they were at a moment that has gone",
      path: ({ moment }) => `/hosts?at=${moment}`,
      open: (page) =>
        page
          .getByRole("region", { name: "The past" })
          .getByText(/before now/)
          .waitFor(),
    },
    {
      name: "changed",
      words: "what changed between that moment and now",
      path: ({ moment }) => `/hosts?at=${moment}`,
      open: async (page) => {
        await page.getByRole("button", { name: "Compare with now" }).click();
        await page.getByRole("region", { name: "What changed" }).getByRole("group").first().waitFor();
      },
    },
    {
      name: "host",
      words: "one host: its checks, charts, runs and file systems",
      path: ({ online }) => `/hosts/${online[0]?.id ?? ""}`,
      open: async (page, { online }) => {
        await page.getByRole("heading", { name: online[0]?.hostname ?? "", level: 1 }).waitFor();
        await page.getByRole("heading", { name: "File systems" }).waitFor();
      },
    },
    scene("run-on-hosts", "hosts are chosen, and an op is about to run on them", "/hosts", async (page) => {
      await choose(page, 3);
      await page.getByRole("button", { name: /What to run/ }).waitFor();
    }),
  ],
  runs: [
    scene("runs", "what ran, newest first", "/runs", byHeading("Runs")),
    {
      name: "run",
      words: "one run: what became of it on each host",
      path: ({ runId }) => `/runs/${runId}`,
      open: (page) => page.getByRole("heading", { level: 1, name: "Deploy the newest release" }).waitFor(),
    },
    {
      name: "output",
      words: "the output of a run, in the dock",
      path: ({ commandId }) => `/runs?out=${commandId}&tab=${commandId}`,
      open: (page) => page.locator(".output-text").first().getByText("unpacking").waitFor(),
    },
  ],
  pipelines: [
    {
      name: "pipelines",
      words: "pipelines, and the grid of hosts and stages of one",
      path: ({ pipelineId }) => `/pipelines/${pipelineId}`,
      open: (page) => page.getByText("Succeeded").first().waitFor(),
    },
  ],
  alerts: [scene("alerts", "what fires, and what was resolved", "/alerts", byHeading("Alerts"))],
  events: [scene("events", "what happened", "/events", byHeading("Events"))],
  settings: [
    scene("settings-account", "your password and the second factor", "/settings/account", byHeading("Your account")),
    scene("settings-people", "who may sign in, and what each may do", "/settings/people", byHeading("People")),
    scene(
      "settings-catalogue",
      "ops and pipelines as the server has them",
      "/settings/catalogue",
      byHeading("Ops and pipelines"),
    ),
    scene("settings-audit", "who did what", "/settings/audit", byHeading("Audit")),
    scene("settings-about", "the server, and how near its bounds are", "/settings/about", byHeading("About")),
  ],
};

const DIALOGS: readonly Scene[] = [
  {
    ...scene("sign-in", "the way in", "/", (page) => page.getByLabel("Password").waitFor()),
    signedOut: true,
  },
  scene("palette", "find and go", "/overview", async (page) => {
    await page.getByRole("button", { name: "Find and go" }).click();
    await page.getByRole("dialog").getByRole("menuitem").first().waitFor();
  }),
  scene("keyboard", "the keys", "/overview", async (page) => {
    await page.locator("body").press("?");
    await page.getByRole("dialog", { name: "Keyboard" }).waitFor();
  }),
  scene("connection", "what stands behind the badge", "/overview", async (page) => {
    await page.locator("[data-badge]").click();
    await page.getByRole("button", { name: "Copy diagnosis" }).waitFor();
  }),
  scene("account", "the menu of the account", "/overview", async (page) => {
    await page.getByRole("button", { name: /^Account of/ }).click();
    await page.getByRole("menuitem", { name: /Sign out/ }).waitFor();
  }),
  scene("add-hosts", "a host is added by one line", "/hosts", async (page) => {
    await page.getByRole("button", { name: "Add hosts" }).click();
    await page.getByRole("dialog").waitFor();
  }),
  scene("run-dialog", "what becomes of an op on each host, before it runs", "/hosts", async (page) => {
    await choose(page, 3);
    await page.keyboard.press("r");
    const dialog = page.getByRole("dialog", { name: "Run on hosts" });
    await dialog.getByRole("button", { name: /What to run/ }).click();
    await page.getByRole("option", { name: "Restart the service" }).click();
    await dialog.getByRole("button", { name: /^Run Restart the service/ }).waitFor();
  }),
  scene("invite", "somebody is invited", "/settings/people", async (page) => {
    await page.getByRole("button", { name: /^Invite/ }).click();
    await page.getByRole("dialog").waitFor();
  }),
  scene("token", "a token for a program", "/settings/tokens", async (page) => {
    await page.getByRole("button", { name: "Make a token" }).click();
    await page.getByRole("dialog").waitFor();
  }),
  scene("nowhere", "an address that leads nowhere", "/hosts", async (page) => {
    await aRow(page);
    await page.evaluate(() => {
      history.pushState(null, "", "/nowhere");
      dispatchEvent(new PopStateEvent("popstate"));
    });
    await page.getByText("There is no page").waitFor();
  }),
];

export const SCENES: readonly Scene[] = [...Object.values(OF_SCREENS).flat(), ...DIALOGS];

function scene(name: string, words: string, path: string, open: Scene["open"]): Scene {
  return { name, words, path: () => path, open };
}

function byHeading(name: string): Scene["open"] {
  return (page) => page.getByRole("heading", { name, level: 1 }).waitFor();
}

async function aRow(page: Page): Promise<void> {
  await page.locator(".hosts").getByRole("link").first().waitFor();
}

async function choose(page: Page, count: number): Promise<void> {
  await aRow(page);
  const boxes = page.getByRole("checkbox", { name: /^Select / });
  for (let index = 1; index <= count; index += 1) await boxes.nth(index).check();
}
