/** A part of the page that comes after the first paint, by itself, so that it is there when the server is away. */

import { type ComponentType, lazy } from "react";

/** It is a component for wherever the part is shown. */
export function laterPart<Props extends object>(get: () => Promise<ComponentType<Props>>): ComponentType<Props> {
  const load = () => void get().catch(() => {}); // Whoever shows the part tries again.
  if (begun) load();
  else waiting.push(load);
  return lazy(async () => ({ default: await get() }));
}

/** Called once the page has been painted. Parts that are only known afterwards come at once. */
export function loadLaterParts(): void {
  begun = true;
  for (const load of waiting.splice(0)) load();
}

let begun = false;
const waiting: (() => void)[] = [];
