/** A part of the page that comes after the first paint, by itself, so that it is there when the server is away. */

import { type ComponentType, lazy, type ReactNode } from "react";

/**
 * It is a component for wherever the part is shown. Some browsers never ask again for a file that did not come, so `Missing` stands in the
 * place of such a part until the page is loaded anew. The rest of the page stays.
 */
export function laterPart<Props extends object>(
  get: () => Promise<ComponentType<Props>>,
  Missing: () => ReactNode,
): ComponentType<Props> {
  const load = () => void get().catch(() => {}); // Whoever shows the part is told.
  if (begun) load();
  else waiting.push(load);
  return lazy(async () => ({ default: await get().catch((): ComponentType<Props> => Missing) }));
}

/** Called once the page has been painted. Parts that are only known afterwards come at once. */
export function loadLaterParts(): void {
  begun = true;
  for (const load of waiting.splice(0)) load();
}

let begun = false;
const waiting: (() => void)[] = [];
