/** Chance is drawn from the machine's random ids. */

/** It returns a number in [0, 1), which no other id is likely to give (FNV-1a). */
export function chanceOf(id: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < id.length; at += 1) hash = Math.imul(hash ^ id.charCodeAt(at), 0x01000193) >>> 0;
  return hash / 2 ** 32;
}
