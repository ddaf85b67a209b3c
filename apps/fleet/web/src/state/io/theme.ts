/** The colours that the viewer has chosen are kept in this browser. `public/theme.js` sets them before the first paint. */

import { useSyncExternalStore } from "react";
import { keepText, keptText } from "./browser-memory.ts";

export const THEMES = ["system", "light", "dark"] as const;
export type Theme = (typeof THEMES)[number];

const KEY = "neverstale.theme";
const listeners = new Set<() => void>();
let theme = stored();

/** It is kept, and all tabs of this browser have it at once. */
export function chooseTheme(chosen: Theme): void {
  keepText(KEY, chosen);
  become(chosen);
}

export function useTheme(): Theme {
  return useSyncExternalStore(subscribe, () => theme);
}

/** Called once at the start. */
export function showTheme(): void {
  become(theme);
  window.addEventListener("storage", ({ key }) => {
    if (key === KEY || key === null) become(stored());
  });
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function become(next: Theme): void {
  theme = next;
  if (next === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = next;
  for (const meta of document.querySelectorAll<HTMLMetaElement>("meta[name=theme-color]"))
    meta.content = GROUNDS[next === "system" ? (meta.media.includes("dark") ? "dark" : "light") : next];
  for (const listener of listeners) listener();
}

/** The browser's own frame has the colour of the page's ground. */
const GROUNDS = { light: "#f6f7f9", dark: "#12151b" } as const;

function stored(): Theme {
  const found = keptText(KEY);
  return THEMES.find((each) => each === found) ?? "system";
}
