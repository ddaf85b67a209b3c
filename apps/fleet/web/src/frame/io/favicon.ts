/** The icon of the tab shows the page's mood. */

import { serverPath } from "../../state/io/base-path.ts";
import type { PageMood } from "../page-title.ts";

export function showFavicon(mood: PageMood): void {
  const link = document.querySelector<HTMLLinkElement>("link[rel=icon]");
  if (link !== null) link.href = serverPath(FILES[mood]);
}

const FILES: Readonly<Record<PageMood, string>> = {
  calm: "/favicon.svg",
  trouble: "/favicon-trouble.svg",
  old: "/favicon-old.svg",
};
