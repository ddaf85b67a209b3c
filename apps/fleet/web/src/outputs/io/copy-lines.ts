/** Whoever copies from an output gets its lines as they were printed. */

import type { ClipboardEvent } from "react";
import { copiedText } from "../copied-text.ts";

export function copyLines(event: ClipboardEvent<HTMLElement>): void {
  const chosen = document.getSelection();
  const text = chosen?.rangeCount === 1 ? copiedText(event.currentTarget, chosen.getRangeAt(0)) : null;
  if (text === null || text === "") return;
  event.clipboardData.setData("text/plain", text);
  event.preventDefault();
}
