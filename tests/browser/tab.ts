/** A tab of the browser notes everything that goes wrong in it. */

import type { Browser, BrowserContext, ConsoleMessage, Locator, Page } from "playwright-core";
import { expect } from "vitest";
import { CONTEXT } from "./chromium.ts";

export class Tab {
  readonly page: Page;
  readonly context: BrowserContext;
  readonly #wrong: string[];
  static readonly #open = new Set<Tab>();

  private constructor(page: Page, wrong: string[]) {
    this.page = page;
    this.context = page.context();
    this.#wrong = wrong;
    Tab.#open.add(this);
  }

  /** It describes what the open tabs show. When a test failed somewhere else, nothing but this is left of it. */
  static async describeOpen(): Promise<string> {
    const described = [...Tab.#open].map(async ({ page }) => {
      const shown = await page.locator("body").innerText({ timeout: 5_000 }).catch(String);
      return `${page.url()}\n${shown.replaceAll(/^/gm, "  | ")}`;
    });
    return (await Promise.all(described)).join("\n");
  }

  /** `cookie` is the `name=value` of a session that was opened elsewhere. */
  static async open(
    browser: Browser,
    address: string,
    { cookie, locale }: { cookie?: string; locale?: string } = {},
  ): Promise<Tab> {
    const context = await browser.newContext({ ...CONTEXT, ...(locale === undefined ? {} : { locale }) });
    const wrong: string[] = [];
    await context.exposeBinding("noteViolation", (_source, what: string) => wrong.push(`policy violated: ${what}`));
    await context.addInitScript(reportViolations);
    await context.grantPermissions(["clipboard-read", "clipboard-write"], { origin: address });
    const [name, value] = cookie?.split("=") ?? [];
    if (name !== undefined && value !== undefined) await context.addCookies([{ name, value, url: address }]);
    context.setDefaultTimeout(240_000); // A slow machine fails no test; what hangs is ended by it.
    const page = await context.newPage();
    page.on("pageerror", (error) => wrong.push(`error: ${error.message}`));
    page.on("console", (message) => isWrong(message) && wrong.push(`console: ${message.text()}`));
    return new Tab(page, wrong);
  }

  get badge(): Locator {
    return this.page.locator("[data-badge]");
  }

  async isLive(timeout = 240_000): Promise<void> {
    await expect.poll(() => this.badge.innerText(), { timeout }).toMatch(/^Live|^Resynced/);
  }

  row(hostname: string): Locator {
    return this.page.locator(".hosts tbody tr", { has: this.page.getByRole("link", { name: hostname, exact: true }) });
  }

  /** The page's own diagnosis says where the replica is, and the digest of what it holds. */
  async diagnosis(): Promise<{ view: { version: number; epoch: string }; digest: string }> {
    await this.badge.click();
    await this.page.getByRole("button", { name: "Copy diagnosis" }).click();
    await this.page.getByRole("button", { name: "Copied" }).waitFor();
    await this.page.keyboard.press("Escape");
    return JSON.parse(await this.page.evaluate(() => navigator.clipboard.readText()));
  }

  /** It fails when an error, a violation of the page's policy or a console error was seen. */
  assertNothingWrong(): void {
    expect(this.#wrong).toEqual([]);
  }

  async close(): Promise<void> {
    Tab.#open.delete(this);
    await this.context.close();
  }
}

/** The browser itself writes a line for every request that failed. That is the test's doing, not the page's. */
function isWrong(message: ConsoleMessage): boolean {
  if (message.type() !== "error" && message.type() !== "warning") return false;
  return !/^Failed to load resource: |^WebSocket connection to /.test(message.text());
}

/** This runs in the page. */
function reportViolations(): void {
  document.addEventListener("securitypolicyviolation", (event) => {
    const note: unknown = Reflect.get(window, "noteViolation");
    if (typeof note === "function")
      note(`${event.effectiveDirective} ${event.blockedURI} ${event.sourceFile}:${event.lineNumber}`);
  });
}
