/** Chance that is the same each time: it goes by a seed and by what it is for, and by nothing else. */

/** Returns a number from 0 up to 1 (FNV-1a, mixed by the finisher of MurmurHash3). */
export function drawnFor(...parts: readonly (string | number)[]): number {
  let hash = 0x811c9dc5;
  for (const char of parts.join("\n")) hash = Math.imul(hash ^ (char.codePointAt(0) ?? 0), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32;
}

export function oneOf<T>(choices: readonly [T, ...T[]], chance: number): T {
  return choices[Math.floor(chance * choices.length)] ?? choices[0];
}
