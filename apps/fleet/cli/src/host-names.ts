import type { ArgSpec, Host } from "@neverstale/fleet-domain";

export type Found<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly problem: string };

/** The ids of hosts given by id or by name; `all` is every host. */
export function hostIdsOf(names: readonly string[], hosts: Iterable<Host>): Found<string[]> {
  const list = [...hosts];
  const ids: string[] = [];
  for (const name of names) {
    const found = name === "all" ? list : list.filter((host) => host.id === name || host.hostname === name);
    if (found.length === 0)
      return {
        ok: false,
        problem: `there is no host ${name}; there are: ${list.map((host) => host.hostname).join(", ") || "none"}`,
      };
    if (found.length > 1 && name !== "all") {
      return {
        ok: false,
        problem: `${found.length} hosts are called ${name}: say which by id: ${found.map((host) => host.id).join(", ")}`,
      };
    }
    for (const host of found) ids.push(host.id);
  }
  return { ok: true, value: [...new Set(ids)] };
}

/** `name=value` pairs as the op's arguments: a value is a number where the op asks for one. */
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
