/** The README of a published package is read without the repository around it. */

import { posix } from "node:path";

/**
 * Relative links lead into the repository, at the tag of the version. Where the repository has no address they become plain text, except
 * to what is published beside the README.
 */
export function publishedReadme(text: string, { folder, repository, tag, shipped }: ReadmePlace): string {
  return text.replace(RELATIVE_LINK, (whole, label: string, target: string) => {
    const [path = "", heading] = target.split("#");
    if (shipped.some((file) => path === file || path.startsWith(`${file}/`))) return whole;
    if (repository === null) return label;
    const place = posix.join(folder, path);
    return `[${label}](${repository}/blob/${tag}/${place}${heading === undefined ? "" : `#${heading}`})`;
  });
}

export interface ReadmePlace {
  /** It is the path of the README's folder from the root of the repository. */
  readonly folder: string;
  readonly repository: string | null;
  readonly tag: string;
  /** These files and folders are published beside it. */
  readonly shipped: readonly string[];
}

/** A label may hold code in backticks, and no bracket. */
const RELATIVE_LINK = /\[([^\][]+)\]\((?!https?:|#|mailto:)([^)\s]+)\)/g;
