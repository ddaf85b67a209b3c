/** A page is driven in any browser by the little that the libraries for browsers have in common. */

import { expect } from "vitest";

/** The pages of playwright and of puppeteer are such. */
export interface AnyPage {
  goto(url: string): Promise<unknown>;
  url(): string;
  evaluate(expression: string): Promise<unknown>;
  readonly keyboard: { press(key: never): Promise<void>; type(text: string): Promise<void> };
}

export class DrivenPage {
  readonly #page: AnyPage;

  constructor(page: AnyPage) {
    this.#page = page;
  }

  async open(url: string): Promise<void> {
    await this.#page.goto(url);
  }

  get path(): string {
    return new URL(this.#page.url()).pathname;
  }

  async run<T>(expression: string): Promise<T> {
    return (await this.#page.evaluate(expression)) as T;
  }

  /** The text of the first element, or nothing where there is none. */
  text(selector = "body"): Promise<string> {
    return this.run(`document.querySelector(${JSON.stringify(selector)})?.innerText ?? ""`);
  }

  async shows(what: string | RegExp, selector = "body"): Promise<void> {
    const pattern = typeof what === "string" ? new RegExp(what.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&")) : what;
    await expect.poll(() => this.text(selector)).toMatch(pattern);
  }

  /** It presses the button or link of that name, once there is one that can be pressed. */
  async press(name: RegExp): Promise<void> {
    const found = `[...document.querySelectorAll("button, a, [role=option], [role=menuitem]")].find((one) =>
      ${String(name)}.test(one.getAttribute("aria-label") ?? one.innerText) && one.getClientRects().length > 0 && !one.disabled)`;
    await expect.poll(() => this.run(`${found} !== undefined`)).toBe(true);
    await this.run(`(() => { const one = ${found}; one.focus(); })()`);
    await this.#page.keyboard.press("Enter" as never);
  }

  /** It types into the field that has the focus. */
  async type(text: string): Promise<void> {
    await this.#page.keyboard.type(text);
  }

  isLive(): Promise<void> {
    return this.shows(/^\s*(Live|Resynced)/, "[data-badge]");
  }
}
