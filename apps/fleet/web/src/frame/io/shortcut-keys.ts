/** Keys of the whole window are read here, and whether single keys count is kept in this browser. */

import { keepText, keptText } from "../../state/io/browser-memory.ts";
import { type ShortcutAction, ShortcutReader } from "../shortcuts.ts";

/** It is called so on the keyboard of this machine. */
export const MOD_KEY = /Mac|iPhone|iPad/.test(navigator.userAgent) ? "⌘" : "Ctrl";

const KEY = "neverstale.single-keys";

export function singleKeysCount(): boolean {
  return keptText(KEY) !== "off";
}

export function setSingleKeysCount(count: boolean): void {
  keepText(KEY, count ? null : "off");
}

/** Returns how to stop. A dialog that is open has the keys to itself. */
export function listenForShortcuts(act: (action: ShortcutAction) => void): () => void {
  const reader = new ShortcutReader();
  const listen = (event: KeyboardEvent) => {
    if (event.defaultPrevented || event.isComposing || document.querySelector("[role=dialog], dialog[open]") !== null)
      return;
    const action = reader.read(event, performance.now(), { isTyping: isTyping(event), single: singleKeysCount() });
    if (action === null) return;
    event.preventDefault();
    act(action);
  };
  window.addEventListener("keydown", listen);
  return () => window.removeEventListener("keydown", listen);
}

function isTyping({ target }: KeyboardEvent): boolean {
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable || target.matches("input, textarea, select, [role=listbox], [role=menu], [role=option]"))
  );
}

/** The first filter of the screen is ready to be typed into. */
export function focusFilter(): void {
  const field = document.querySelector<HTMLInputElement>("#content input[type=search]");
  field?.focus();
  field?.select();
}
