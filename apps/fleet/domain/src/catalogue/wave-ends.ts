/** Hosts are counted here: how far each wave of a pipeline goes, and on how many of them it may fail. Both are as `waves.ts` says. */

/**
 * It returns how many of the hosts have had their turn once a wave has ended, for each wave. A share is rounded up. The last size counts for
 * all waves that are left. Without sizes there is one wave.
 */
export function waveEnds(sizes: readonly (number | string)[], hosts: number): number[] {
  const ends: number[] = [];
  for (let end = 0; end < hosts; ends.push(end))
    end = Math.min(hosts, end + countOf(sizes[ends.length] ?? sizes.at(-1), hosts));
  return ends;
}

function countOf(size: number | string | undefined, hosts: number): number {
  if (size === undefined || size === "rest") return hosts;
  return typeof size === "number" ? size : Math.ceil((hosts * Number.parseInt(size, 10)) / 100);
}

/** On so many hosts a pipeline may fail and go on. A share is rounded down. Without a bound it goes on whatever fails. */
export function failuresAllowed(most: number | string | undefined, hosts: number): number {
  if (most === undefined) return hosts;
  return typeof most === "number" ? most : Math.floor((hosts * Number.parseInt(most, 10)) / 100);
}
