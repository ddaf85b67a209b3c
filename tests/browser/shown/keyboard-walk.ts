/** Tab is pressed until the focus comes back to where it was before. What could be pressed by a mouse, and was not reached, is told. */

import type { Page } from "playwright-core";

const MOST_PRESSES = 400;

/** It returns a line for each action that the keyboard does not reach. */
export async function unreached(page: Page): Promise<string[]> {
  await page.evaluate(() => document.activeElement instanceof HTMLElement && document.activeElement.blur());
  for (let presses = 0; presses < MOST_PRESSES; presses += 1) {
    await page.keyboard.press("Tab");
    if (await page.evaluate(markFocused)) return await page.evaluate(unmarked);
  }
  return [`after ${MOST_PRESSES} presses of Tab the focus has not come round`];
}

/** This runs in the page. It returns true when the focus has been there before. */
function markFocused(): boolean {
  const focused = document.activeElement;
  if (focused === null || focused === document.body) return false;
  const before = focused.hasAttribute("data-walked");
  focused.setAttribute("data-walked", "");
  return before;
}

/** This runs in the page. Within a group that has been reached, arrows lead from one to the next. */
function unmarked(): string[] {
  const actions = [...document.querySelectorAll("a[href], button, input, select, textarea, summary, [tabindex='0']")];
  const group =
    "[role=grid], [role=row], [role=radiogroup], [role=toolbar], [role=tablist], [role=menu], [role=listbox]";
  const reached = (action: Element) =>
    action.hasAttribute("data-walked") || action.closest(group)?.querySelector("[data-walked]") != null;
  const shown = (action: Element) =>
    action.getClientRects().length > 0 && action.closest("[inert], [aria-hidden=true], :disabled") === null;
  return actions
    .filter((action) => shown(action) && !reached(action))
    .map((action) => `not reached by the keyboard: ${action.outerHTML.slice(0, 160)}`);
}
