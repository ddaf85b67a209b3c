import type { Command } from "@neverstale/fleet-domain";
import type { Browser } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { Admin, Machine } from "./api.ts";
import { launchChromium } from "./chromium.ts";
import { FleetProcess, PASSWORD } from "./fleet-process.ts";
import { Tab } from "./tab.ts";

const HOUR = 3_600_000;
/** This is an age of seconds, or of minutes where a machine is slow. A clock that is behind would show "now" for ever. */
const JUST_HEARD = /^(\d+ s|\d min( \d+ s)?) ago$/;

let browser: Browser;

beforeAll(async () => {
  browser = await launchChromium();
});

afterEach(async ({ task }) => {
  if (task.result?.state === "fail") console.error(await Tab.describeOpen());
});

afterAll(() => browser.close());

describe("the machine it runs on", () => {
  const fleet = new FleetProcess({ localAgent: true, password: false });
  let tab: Tab;

  beforeAll(async () => {
    await fleet.start();
    tab = await Tab.open(browser, fleet.address);
  });

  afterAll(async () => {
    await tab.close();
    await fleet.remove();
  });

  test("the printed link signs in, once", async () => {
    const { page } = tab;
    await page.goto(fleet.signInLink);
    await page.getByLabel("New password").fill(PASSWORD);
    await page.getByRole("button", { name: "Sign in" }).click();
    await tab.isLive();

    expect(page.url()).not.toContain("setup");
    const second = await Tab.open(browser, fleet.address);
    await second.page.goto(fleet.signInLink);
    await second.page.getByRole("button", { name: "Sign in" }).click();
    await second.page.getByRole("alert").getByText("used before").waitFor();
    second.assertNothingWrong();
    await second.close();
  });

  test("this machine's real load is there and moves by itself", async () => {
    const row = tab.page.locator(".hosts tbody tr").first();
    await row.getByText("Ready").waitFor();
    const numbers = () => row.locator(".meter-number, .cell-load").allInnerTexts();
    await expect.poll(async () => (await numbers()).join(" ")).toMatch(/^[\d.]+ % [\d.]+ % [\d.]+ % [\d.]+$/);
    const first = await numbers();
    await expect.poll(numbers).not.toEqual(first);
  });

  test("an op is run from the page, its output comes while it runs, and its end is told", async () => {
    const { page } = tab;
    await page.getByRole("button", { name: "Run…" }).first().click();
    await page.getByRole("button", { name: /What to run/ }).click();
    await page.getByRole("option", { name: "Watch load and memory for a while" }).click();
    await page.getByLabel("seconds").fill("10");
    await page.getByRole("button", { name: "Run Watch load and memory for a while on 1 host" }).click();

    const output = page.getByRole("region", { name: /^Output of stream on / });
    const bar = page.getByRole("form", { name: "Run on the selected hosts" });
    const heights = await Promise.all([bar, page.locator(".dock")].map((part) => part.boundingBox()));
    expect(heights.reduce((sum, box) => sum + (box?.height ?? 0), 0)).toBeLessThan(850 / 2);
    const facts = page.locator(".output-facts");
    await output.getByText(/(^|\D)2\/40/).waitFor();
    expect(await facts.innerText()).toContain("Running");
    await expect.poll(() => facts.innerText()).toContain("Succeeded");
    expect(await facts.innerText()).toContain("exit 0");
    await output.getByText("40/40").waitFor();
    await bar.getByText("Watch load and memory for a while has succeeded on 1 host.").waitFor();
    await bar.getByText("has succeeded").waitFor({ state: "detached" });
  });

  test("the open output survives another screen and a reload: it stands in the address", async () => {
    const { page } = tab;
    await page.getByRole("link", { name: "Events" }).click();
    await page
      .getByRole("region", { name: /^Output of stream on / })
      .getByText("40/40")
      .waitFor();
    await page.getByRole("row", { name: /started stream on/ }).waitFor();

    await page.reload();
    await page
      .getByRole("region", { name: /^Output of stream on / })
      .getByText("40/40")
      .waitFor();
    expect(await page.getByRole("heading", { level: 1 }).innerText()).toBe("Events");
  });

  test("a pipeline runs its stages one after the other, and its grid fills up", async () => {
    const { page } = tab;
    await page.getByRole("link", { name: /^Hosts/ }).click();
    await page.getByRole("button", { name: "Run…" }).first().click();
    await page.getByRole("button", { name: /What to run/ }).click();
    await page.getByRole("option", { name: /health/ }).click();
    await page.getByRole("button", { name: "Run health on 1 host" }).click();

    const grid = page.getByRole("table", { name: "health: hosts by stage" });
    await expect.poll(() => grid.getByText("Succeeded").count()).toBe(3);
    await page.getByRole("article").getByText("Complete").waitFor();
    tab.assertNothingWrong();
  });
});

describe("a fleet of the test's own", () => {
  const fleet = new FleetProcess();
  let admin: Admin;

  beforeAll(async () => {
    await fleet.start();
    admin = await Admin.signIn(fleet.address);
  });

  afterAll(() => fleet.remove());

  test("what others change shows without a reload", async () => {
    const machine = await Machine.enroll(fleet.address, admin, "web-1");
    const tab = await Tab.open(browser, fleet.address, { cookie: admin.cookie });
    await tab.page.goto(`${fleet.address}/hosts`);
    await tab.isLive();

    await admin.patchHost(machine.hostId, { tags: ["prod", "eu"] });
    await tab.row("web-1").getByText("prod").waitFor();
    await machine.report({ type: "metrics", cpu: 37, ram: 95, load1: 1.25 });
    await tab.row("web-1").getByText("37 %").waitFor();
    await Machine.enroll(fleet.address, admin, "web-2");
    await tab.row("web-2").waitFor();

    expect(await tab.row("web-1").locator(".cell-memory").innerText()).toContain("95 %");
    tab.assertNothingWrong();
    await tab.close();
  });

  test("a pipeline is stopped from the page: what runs is told to, what waits never starts", async () => {
    const ops = ["uptime", "disk", "memory"].map((name) => ({ name, args: [] }));
    const machine = await Machine.enroll(fleet.address, admin, "pipes-1", "TestOS 1", ops);
    const tab = await Tab.open(browser, fleet.address, { cookie: admin.cookie });
    const { page } = tab;
    await page.goto(`${fleet.address}/hosts?q=pipes`);
    await tab.row("pipes-1").getByRole("button", { name: "Run…" }).click();
    await page.getByRole("button", { name: /What to run/ }).click();
    await page.getByRole("option", { name: /health/ }).click();
    await page.getByRole("button", { name: "Run health on 1 host" }).click();
    const grid = page.getByRole("table", { name: "health: hosts by stage" });
    await expect.poll(() => grid.getByText("Pending").count()).toBe(3);
    const [first] = ((await admin.state()).state.commands as unknown as Command[]).filter((one) => one.stage === 0);
    await machine.claim(first?.id ?? "");
    await grid.getByText("Running").waitFor();

    await page.getByRole("button", { name: "Stop health" }).click();

    await page.getByRole("article").getByText("Cancelled").first().waitFor();
    await expect.poll(() => grid.getByRole("link", { name: "Cancelled" }).count()).toBe(2);
    expect(await admin.command(first?.id ?? "")).toMatchObject({ status: "running", cancelRequested: true });
    await page.getByRole("button", { name: "Stop health" }).waitFor({ state: "detached" });
    tab.assertNothingWrong();
    await tab.close();
  });

  test("filter, sorting and the open host stand in the address, and work with back", async () => {
    await Machine.enroll(fleet.address, admin, "db-1");
    await Machine.enroll(fleet.address, admin, "second-1");
    const tab = await Tab.open(browser, fleet.address, { cookie: admin.cookie });
    const { page } = tab;
    await page.goto(`${fleet.address}/hosts?q=db&sort=-cpu`);
    await tab.row("db-1").waitFor();
    expect(await page.locator(".hosts tbody tr").count()).toBe(1);

    await page.getByRole("link", { name: "db-1" }).click();
    await page.getByRole("complementary").getByRole("heading", { name: "db-1" }).waitFor();
    await page.goBack();
    await page.getByRole("complementary").waitFor({ state: "detached" });
    await page.getByLabel("Filter hosts").fill("");
    await expect.poll(() => page.locator(".hosts tbody tr").count()).toBeGreaterThan(1);

    expect(new URL(page.url()).search).toBe("?sort=-cpu");
    tab.assertNothingWrong();
    await tab.close();
  });

  test("rows keep their places under the pointer, whatever their values do", async () => {
    const [first, second] = [
      await Machine.enroll(fleet.address, admin, "order-1"),
      await Machine.enroll(fleet.address, admin, "order-2"),
    ];
    await first.report({ type: "metrics", cpu: 20 });
    await second.report({ type: "metrics", cpu: 10 });
    const tab = await Tab.open(browser, fleet.address, { cookie: admin.cookie });
    const { page } = tab;
    const order = () => page.locator(".hosts .row-link").allInnerTexts();
    await page.goto(`${fleet.address}/hosts?q=order`);
    await tab.row("order-1").getByText("20 %").waitFor();
    await page.getByRole("button", { name: "CPU" }).click();
    await expect.poll(order).toEqual(["order-1", "order-2"]);

    await tab.row("order-2").hover();
    await second.report({ type: "metrics", cpu: 90 });
    await tab.row("order-2").getByText("90 %").waitFor();
    expect(await order()).toEqual(["order-1", "order-2"]);
    await page.getByRole("heading", { name: "Hosts" }).hover();
    await expect.poll(order).toEqual(["order-2", "order-1"]);

    tab.assertNothingWrong();
    await tab.close();
  });

  test("[C35] what a host says of itself and what an op prints is text, whatever it says", async () => {
    const machine = await Machine.enroll(fleet.address, admin, HOSTILE[0] ?? "", HOSTILE[1]);
    for (const name of HOSTILE.slice(2)) await Machine.enroll(fleet.address, admin, name);
    const [named] = HOSTILE;
    const { hostId } = await Machine.enroll(fleet.address, admin, "to-be-named");
    await admin.patchHost(hostId, { name: named ?? "" });
    const commandId = await admin.dispatch("speak", [machine.hostId]);
    await machine.claim(commandId);
    let offset = 0;
    for (const text of [...HOSTILE, ...HOSTILE_OUTPUT]) offset = await machine.write(commandId, offset, `${text}\n`);
    const tab = await Tab.open(browser, fleet.address, { cookie: admin.cookie });
    const { page } = tab;

    for (const screen of ["runs", "events", `hosts/${machine.hostId}`, "hosts"]) {
      await page.goto(`${fleet.address}/${screen}?out=${commandId}&tab=${commandId}`);
      await page.locator(".output-line").getByText("the end").waitFor();
      expect(await page.locator("main img, main script, main iframe").count()).toBe(0);
    }
    const seen = (await page.locator(".hosts .cell-host").allInnerTexts()).join("\n");
    for (const name of HOSTILE.filter((_, index) => index !== 1)) expect(seen).toContain(`calls itself ${name}`);
    expect(await page.locator(".hosts .row-link").allInnerTexts()).toContain(named);
    const printed = await page.locator(".output-text").innerText();
    for (const text of HOSTILE) expect(printed).toContain(text);
    expect(printed).not.toMatch(/owned-title|clipboard/);
    expect(
      await page.locator(".hosts img, .hosts script, .hosts iframe, .output-text a, .output-text img").count(),
    ).toBe(0);
    expect(await page.evaluate(() => Reflect.get(window, "hacked"))).toBeUndefined();
    expect(await page.title()).toBe("Hosts · Neverstale");

    tab.assertNothingWrong();
    await tab.close();
  });

  test("output is copied as it was printed, and hosts of one name are told apart", async () => {
    const machine = await Machine.enroll(fleet.address, admin, "twin");
    const twin = await Machine.enroll(fleet.address, admin, "twin");
    const commandId = await admin.dispatch("speak", [machine.hostId]);
    await machine.claim(commandId);
    await machine.write(commandId, 0, "one\n\n  two\n");
    const tab = await Tab.open(browser, fleet.address, { cookie: admin.cookie });
    const { page } = tab;
    await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
    await page.goto(`${fleet.address}/hosts?q=twin&out=${commandId}&tab=${commandId}`);
    await page.locator(".output-line").getByText("two").waitFor();

    await page.locator(".output-text").evaluate((section) => document.getSelection()?.selectAllChildren(section));
    await page.keyboard.press("ControlOrMeta+C");

    expect(await page.evaluate(() => navigator.clipboard.readText())).toBe("one\n\n  two\n");
    expect((await page.locator(".hosts .row-link").allInnerTexts()).toSorted()).toEqual(
      ["twin", twin.hostId].toSorted(),
    );
    expect(await page.locator(".hosts .cell-host").getByText("calls itself twin").count()).toBe(1);
    tab.assertNothingWrong();
    await tab.close();
  });

  test("signing in, choosing hosts and running an op need no mouse", async () => {
    const machine = await Machine.enroll(fleet.address, admin, "keyboard");
    const tab = await Tab.open(browser, fleet.address);
    const { page } = tab;
    await page.goto(`${fleet.address}/hosts?q=keyboard`);
    await focusIn(tab, "User name");
    await page.keyboard.type("admin");
    await page.keyboard.press("Tab");
    await page.keyboard.type(PASSWORD);
    await page.keyboard.press("Enter");
    await tab.row("keyboard").waitFor();

    await tabTo(tab, "Select keyboard");
    await page.keyboard.press("Space");
    await tabTo(tab, /What to run/);
    await page.keyboard.press("Enter");
    await focusIn(tab, "Speak");
    await page.keyboard.press("Enter");
    await focusIn(tab, /What to run/);
    await tabTo(tab, "Run Speak on 1 host");
    await page.keyboard.press("Enter");

    await page.getByRole("tab", { name: /Speak · keyboard/ }).waitFor();
    const [command] = (await admin.state()).state.commands?.filter((each) => each.host === machine.hostId) ?? [];
    expect(command?.op).toBe("speak");
    tab.assertNothingWrong();
    await tab.close();
  });

  test("everything that can be operated has a name, every screen a heading, and no two ids are the same", async () => {
    const tab = await Tab.open(browser, fleet.address, { cookie: admin.cookie });
    const { page } = tab;
    for (const screen of ["hosts", "runs", "pipelines", "alerts", "events"]) {
      await page.goto(`${fleet.address}/${screen}`);
      await tab.isLive();
      await page.locator("main h1").waitFor();
      const nameless = await page
        .locator("button, a, input, select, [role=tab], [role=separator]")
        .evaluateAll((elements) =>
          elements
            .filter((element) => element.closest("[aria-hidden=true], [data-testid=hidden-select-container]") === null)
            .filter((element) => {
              const labels = element instanceof HTMLInputElement ? [...(element.labels ?? [])] : [];
              const words = [
                element.getAttribute("aria-label"),
                element.textContent,
                ...labels.map((label) => label.textContent),
              ];
              const byIds = element.getAttribute("aria-labelledby")?.split(" ") ?? [];
              return [...words, ...byIds.map((id) => document.getElementById(id)?.textContent)].every(
                (text) => !text?.trim(),
              );
            })
            .map((element) => element.outerHTML),
        );
      const ids = await page.locator("[id]").evaluateAll((elements) => elements.map((element) => element.id));

      expect(nameless).toEqual([]);
      expect(ids.filter((id, index) => ids.indexOf(id) !== index)).toEqual([]);
      expect(await page.locator("h1").count()).toBe(1);
      expect(await page.locator("main").count()).toBe(1);
    }
    tab.assertNothingWrong();
    await tab.close();
  });

  test.each([HOUR, -HOUR])("ages are told by the server's clock on a page whose own is %i ms ahead", async (ahead) => {
    const name = `clock-${ahead}`;
    const machine = await Machine.enroll(fleet.address, admin, name);
    const tab = await Tab.open(browser, fleet.address, { cookie: admin.cookie });
    const { page } = tab;
    await page.addInitScript(setClock, ahead);
    await page.goto(`${fleet.address}/hosts?q=${name}`);
    await tab.isLive();
    await machine.report({ type: "metrics", cpu: 40 });

    await expect.poll(() => ageOf(tab, name)).toMatch(JUST_HEARD);
    tab.assertNothingWrong();
    await tab.close();
  });

  test("a clock that is set while the page is open moves no age", async () => {
    const machine = await Machine.enroll(fleet.address, admin, "clock-set");
    const tab = await Tab.open(browser, fleet.address, { cookie: admin.cookie });
    const { page } = tab;
    await page.goto(`${fleet.address}/hosts?q=clock-set`);
    await tab.isLive();

    for (const [aheadMs, cpu] of [
      [HOUR, 41],
      [-HOUR, 42],
    ] as const) {
      await page.evaluate(setClock, aheadMs);
      await machine.report({ type: "metrics", cpu });
      await tab.row("clock-set").getByText(`${cpu} %`).waitFor();
      await expect.poll(() => ageOf(tab, "clock-set")).toMatch(JUST_HEARD);
    }

    tab.assertNothingWrong();
    await tab.close();
  });

  test("a browser of another language shows the same page", async () => {
    const tab = await Tab.open(browser, fleet.address, { cookie: admin.cookie, locale: "de-DE" });
    await tab.page.goto(`${fleet.address}/hosts`);
    await tab.row("web-1").waitFor();
    await tab.page.getByRole("button", { name: "Run…" }).first().click();
    await tab.page.getByRole("button", { name: /What to run/ }).click();
    await tab.page.getByRole("option", { name: "Speak" }).waitFor();

    tab.assertNothingWrong();
    await tab.close();
  });

  test("hosts that are chosen and then hidden by the filter are counted, named and not dropped", async () => {
    await Machine.enroll(fleet.address, admin, "chosen-1");
    await Machine.enroll(fleet.address, admin, "other-1");
    const tab = await Tab.open(browser, fleet.address, { cookie: admin.cookie });
    const { page } = tab;
    await page.goto(`${fleet.address}/hosts`);
    await page.getByLabel("Select chosen-1").check();
    await page.getByLabel("Filter hosts").fill("other-1");
    const bar = page.getByRole("form", { name: "Run on the selected hosts" });
    await bar.getByText("1 of them is hidden by the filter: chosen-1.").waitFor();

    await page.getByLabel("Select all hosts that are shown").check();
    await bar.getByText(/^2 selected/).waitFor();
    await page.getByLabel("Select all hosts that are shown").uncheck();
    await bar.getByText(/^1 selected/).waitFor();
    await bar.getByRole("button", { name: "Deselect what is hidden" }).click();
    await bar.waitFor({ state: "detached" });

    tab.assertNothingWrong();
    await tab.close();
  });

  test("an address that names nothing says so", async () => {
    const tab = await Tab.open(browser, fleet.address, { cookie: admin.cookie });
    const { page } = tab;
    await page.goto(`${fleet.address}/hosts/nope`);
    await page.getByRole("region", { name: "nope" }).getByText("There is no such host").waitFor();
    await page.goto(`${fleet.address}/pipelines/nope`);
    await page.getByText("There is no pipeline run nope").waitFor();
    await page.evaluate(() => {
      history.pushState(null, "", "/nope");
      dispatchEvent(new PopStateEvent("popstate"));
    });
    await page.getByText("There is no page /nope").waitFor();

    await page.getByRole("link", { name: "Go to the hosts" }).click();
    await page.getByRole("heading", { name: "Hosts" }).waitFor();
    tab.assertNothingWrong();
    await tab.close();
  });

  test.each([360, 1360])("what can be pressed is 24 pixels high and wide, %i pixels wide", async (width) => {
    const machine = await Machine.enroll(fleet.address, admin, `pressed-${width}`);
    await admin.dispatch("speak", [machine.hostId]);
    const tab = await Tab.open(browser, fleet.address, { cookie: admin.cookie });
    const { page } = tab;
    await page.setViewportSize({ width, height: 800 });
    for (const path of ["hosts", `hosts/${machine.hostId}`, "runs", "pipelines", "alerts", "events"]) {
      await page.goto(`${fleet.address}/${path}`);
      await tab.isLive();

      expect(await page.evaluate(smallTargets), path).toEqual([]);
    }
    tab.assertNothingWrong();
    await tab.close();
  });

  test("zoomed to 200 % navigation and head leave three quarters of the height to the content", async () => {
    const tab = await Tab.open(browser, fleet.address, { cookie: admin.cookie });
    await tab.page.setViewportSize({ width: 640, height: 360 });
    await tab.page.goto(`${fleet.address}/hosts`);
    await tab.isLive();

    const content = await tab.page.locator("#content").boundingBox();

    expect(content?.height).toBeGreaterThanOrEqual(0.75 * 360);
    await tab.close();
  });

  test("the page that asks for a sign-in writes no error into the console", async () => {
    const tab = await Tab.open(browser, fleet.address);
    const errors: string[] = [];
    tab.page.on("console", (message) => message.type() === "error" && errors.push(message.text()));
    await tab.page.goto(fleet.address);
    await tab.page.getByLabel("User name").waitFor();

    expect(errors).toEqual([]);
    await tab.close();
  });

  test("on a phone nothing reaches beyond the screen", async () => {
    const tab = await Tab.open(browser, fleet.address, { cookie: admin.cookie });
    await tab.page.setViewportSize({ width: 360, height: 740 });
    for (const screen of ["hosts", "runs", "pipelines", "alerts", "events"]) {
      await tab.page.goto(`${fleet.address}/${screen}`);
      await tab.isLive();
      const [content, width] = await tab.page.evaluate(() => [document.documentElement.scrollWidth, window.innerWidth]);
      expect(content).toBeLessThanOrEqual(width ?? 0);
    }
    await tab.page.goto(`${fleet.address}/pipelines`);
    const cards = tab.page.locator(".card");
    await cards.first().waitFor();
    for (const right of await cards.evaluateAll((all) => all.map((card) => card.getBoundingClientRect().right)))
      expect(right).toBeLessThanOrEqual(360);
    tab.assertNothingWrong();
    await tab.close();
  });

  test("[R9] when the session ends, the data goes and the place stays: signing in goes on from there", async () => {
    const own = await Admin.signIn(fleet.address);
    const tab = await Tab.open(browser, fleet.address, { cookie: own.cookie });
    const { page } = tab;
    await page.goto(`${fleet.address}/hosts?q=web`);
    await tab.row("web-1").waitFor();
    await page.getByLabel("Select web-1").check();

    await own.signOut();
    await page.getByRole("dialog", { name: "Session ended" }).waitFor();
    expect(await page.locator(".hosts tbody tr").count()).toBe(0);
    await page.getByLabel("Password").fill(PASSWORD);
    await page.getByRole("button", { name: "Sign in" }).click();
    await tab.row("web-1").waitFor();

    expect(await page.getByLabel("Filter hosts").inputValue()).toBe("web");
    expect(await page.getByLabel("Select web-1").isChecked()).toBe(true);
    tab.assertNothingWrong();
    await tab.close();
  });

  test("a wrong password is refused in words", async () => {
    const tab = await Tab.open(browser, fleet.address);
    await tab.page.goto(fleet.address);
    await tab.page.getByLabel("User name").fill("admin");
    await tab.page.getByLabel("Password").fill("not the password at all");
    await tab.page.getByRole("button", { name: "Sign in" }).click();

    expect(await tab.page.getByRole("alert").innerText()).toBe("The name or the password is wrong. Try again.");
    tab.assertNothingWrong();
    await tab.close();
  });
});

/** A host may give itself these names. Each would do something where it is not shown as text. */
const HOSTILE = [
  "<img src=x onerror=hacked=1>",
  "<script>hacked=1</script>",
  '"><svg onload=hacked=1>',
  "javascript:hacked=1",
  "{{constructor.constructor('hacked=1')()}}",
  "'-hacked-'",
  "&lt;b&gt;&amp;",
  "</title><iframe srcdoc=x>",
];

/** A terminal might obey these. */
const HOSTILE_OUTPUT = [
  "\x1b]0;owned-title\x07",
  "\x1b]52;c;clipboard\x07",
  "\x1b]8;;javascript:hacked=1\x1b\\link\x1b]8;;\x1b\\",
  "\x1b[2J\x1b[31;1mthe end\x1b[0m",
];

/** This runs in the page. It returns the outer HTML of what is too small to be pressed. A box counts with its label. */
function smallTargets(): string[] {
  const targets = [...document.querySelectorAll("a, button, input, [role=tab]")];
  const shown = targets.filter((element) => {
    const { width, height } = element.getBoundingClientRect();
    return (
      width > 1 &&
      height > 1 &&
      element.closest(".visually-hidden, .skip, [data-testid=hidden-select-container]") === null
    );
  });
  const small = shown.filter((element) => {
    const { width, height } = (element.closest("label") ?? element).getBoundingClientRect();
    return Math.round(width) < 24 || Math.round(height) < 24;
  });
  return small.map((element) => element.outerHTML.slice(0, 120));
}

/** It presses Tab until the element of that name has the focus. */
async function tabTo(tab: Tab, name: string | RegExp): Promise<void> {
  for (let presses = 0; presses < 80; presses += 1) {
    if (isNamed(await focused(tab), name)) return;
    await tab.page.keyboard.press("Tab");
  }
  throw new Error(`Tab never reaches ${String(name)}`);
}

/** It waits until the page itself has put the focus there: keys that are pressed before go elsewhere. */
async function focusIn(tab: Tab, name: string | RegExp): Promise<void> {
  await expect.poll(async () => isNamed(await focused(tab), name)).toBe(true);
}

function isNamed(names: string, name: string | RegExp): boolean {
  return typeof name === "string" ? names.includes(name) : name.test(names);
}

/** It returns the names of the element that has the focus. While a popover closes, the whole page has it, which has no name. */
function focused(tab: Tab): Promise<string> {
  return tab.page.evaluate(() => {
    const element = document.activeElement;
    if (element === null || element === document.body) return "";
    const ids = element.getAttribute("aria-labelledby")?.split(" ") ?? [];
    const labels = element instanceof HTMLInputElement ? [...(element.labels ?? [])] : [];
    return [
      element.getAttribute("aria-label"),
      ...[...ids.map((id) => document.getElementById(id)), ...labels, element].map((each) => each?.textContent),
    ]
      .join(" ")
      .trim();
  });
}

/** This runs in the page. From here on its wall clock is so far ahead of the machine's. */
function setClock(aheadMs: number): void {
  const trueNow = Reflect.get(window, "trueNow") ?? Date.now.bind(Date);
  Reflect.set(window, "trueNow", trueNow);
  Date.now = () => trueNow() + aheadMs;
}

/** It returns how long ago the host was heard, as its row says it. */
function ageOf(tab: Tab, hostname: string): Promise<string> {
  return tab.row(hostname).locator("time").innerText();
}
