/** Pages that are taken in from elsewhere in the repository, such as SPEC, link to files that the site does not have. */

import type { MarkdownRenderer } from "vitepress";

/** A link to a file of the repository is shown as its text alone. */
export function leaveOutsideLinks(markdown: MarkdownRenderer): void {
  markdown.core.ruler.push("outside-links", ({ tokens }) => {
    for (const { children } of tokens) {
      if (children === null) continue;
      let isOutside = false;
      for (const token of children) {
        if (token.type === "link_open") isOutside = leadsOutside(token.attrGet("href") ?? "");
        if (!isOutside || (token.type !== "link_open" && token.type !== "link_close")) continue;
        token.tag = "span";
        token.attrs = null;
        if (token.type === "link_close") isOutside = false;
      }
    }
  });
}

function leadsOutside(href: string): boolean {
  return (
    !/^([a-z]+:|#|\/)/.test(href) && /\.(ts|tsx|md|json|conf)(#|$)|^\.\.?\/.*\/$/.test(href) && href.startsWith("..")
  );
}
