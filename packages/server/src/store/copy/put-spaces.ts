/** The spaces of a store are put into a copy as its read returned them. */

import type { SpaceContents } from "../contract.ts";
import { inPages, type PutPage } from "./copyable.ts";

export async function putSpaces(spaces: readonly SpaceContents[], put: PutPage): Promise<void> {
  for (const contents of spaces) {
    const { records, tombstones, log: _, ...space } = contents;
    await put({ kind: "space", space });
    for (const rows of inPages(records, ({ text }) => text.length))
      await put({ kind: "records", space: space.name, rows });
    for (const rows of inPages(tombstones, () => 0)) await put({ kind: "tombstones", space: space.name, rows });
  }
}
