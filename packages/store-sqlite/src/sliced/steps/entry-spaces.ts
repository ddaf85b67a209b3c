/** The entry spaces are what an entry of the chain did to its spaces, as the text that is stored of it. */

import type { SpaceMove } from "@neverstale/server/store";

/** The changes themselves are in the log. */
export function spacesToText(spaces: readonly SpaceMove[]): string {
  return JSON.stringify(spaces.map(rowOf));
}

export function spacesOfText(text: string): SpaceMove[] {
  return (JSON.parse(text) as readonly SpaceRow[]).map(moveOf);
}

type SpaceRow = readonly [
  name: string,
  creationId: string | null,
  removed: 0 | 1,
  archived: 0 | 1,
  epoch: string | null,
  firstVersion: number,
  lastVersion: number,
];

/** A lineage row begins with the first version of the group. */
function rowOf({ name, creationId, removed, archived, lineage, firstVersion, lastVersion }: SpaceMove): SpaceRow {
  return [name, creationId, removed ? 1 : 0, archived ? 1 : 0, lineage?.epoch ?? null, firstVersion, lastVersion];
}

function moveOf([name, creationId, removed, archived, epoch, firstVersion, lastVersion]: SpaceRow): SpaceMove {
  const lineage = epoch === null ? null : { epoch, firstVersion };
  return { name, creationId, removed: removed === 1, archived: archived === 1, lineage, firstVersion, lastVersion };
}
