/** The icon of the tab shows the page's mood. */

import { serverPath } from "../../state/io/base-path.ts";
import old from "../icons/favicon-old.svg?raw";
import trouble from "../icons/favicon-trouble.svg?raw";
import type { PageMood } from "../page-title.ts";

/** The icon of a page that is not live can't be fetched then, so those of trouble come with the page. */
export function showFavicon(mood: PageMood): void {
  const link = document.querySelector<HTMLLinkElement>("link[rel=icon]");
  if (link === null) return;
  const icon = ICONS[mood];
  link.href = icon === null ? serverPath("/favicon.svg") : `data:image/svg+xml,${encodeURIComponent(icon)}`;
  link.dataset.mood = mood;
}

/** Null stands for the file that the page names. */
const ICONS: Readonly<Record<PageMood, string | null>> = { calm: null, trouble, old };
