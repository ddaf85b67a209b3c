/** A package says which Node.js it needs at least, as `>=22.18`. */

export function isEnough(version: string, needed: string): boolean {
  const [have, least] = [version, needed].map((text) => (text.match(/\d+/g) ?? []).map(Number));
  for (const [index, wanted] of (least ?? []).entries()) {
    const found = have?.[index] ?? 0;
    if (found !== wanted) return found > wanted;
  }
  return true;
}
