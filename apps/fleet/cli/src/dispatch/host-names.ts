/** Host names and arguments stand on the command line as text, and are looked up in what the hosts offer. */

import { type ArgSpec, EVERY_HOST, type Host, labelOf } from "@neverstale/fleet-domain";

export type Found<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly problem: string };

/**
 * Finds hosts by their id, or by the name that an admin gave them. `all` is every host. The name by which a machine calls itself
 * chooses nothing.
 */
export function hostIdsOf(names: readonly string[], hosts: Iterable<Host>): Found<string[]> {
  const list = [...hosts];
  const ids: string[] = [];
  for (const name of names) {
    const found = name === EVERY_HOST ? list : list.filter((host) => host.id === name || host.name === name);
    if (found.length === 0) return { ok: false, problem: noSuchHost(name, list) };
    if (found.length > 1 && name !== EVERY_HOST) {
      const which = found.map((host) => host.id).join(", ");
      return { ok: false, problem: `${found.length} hosts are called ${name}: say which by id: ${which}` };
    }
    for (const host of found) ids.push(host.id);
  }
  return { ok: true, value: [...new Set(ids)] };
}

function noSuchHost(name: string, hosts: readonly Host[]): string {
  const calling = hosts.filter((host) => host.hostname === name).map(labelOf);
  if (calling.length > 0)
    return `there is no host ${name}, but ${calling.join(", ")} calls itself so: choose it by its id`;
  return `there is no host ${name}; there are: ${hosts.map(labelOf).join(", ") || "none"}`;
}

/** Reads `name=value` pairs as the op's arguments. A value is a number where the op asks for one. */
export function argsOf(pairs: readonly string[], specs: readonly ArgSpec[]): Found<Record<string, string | number>> {
  const args: Record<string, string | number> = {};
  for (const pair of pairs) {
    const at = pair.indexOf("=");
    if (at < 1) return { ok: false, problem: `--arg ${pair}: write it as name=value` };
    const [name, value] = [pair.slice(0, at), pair.slice(at + 1)];
    const isNumber = specs.some((spec) => spec.name === name && spec.type === "integer");
    if (isNumber && !/^-?\d+$/.test(value)) return { ok: false, problem: `--arg ${pair}: ${name} is a whole number` };
    args[name] = isNumber ? Number(value) : value;
  }
  return { ok: true, value: args };
}
