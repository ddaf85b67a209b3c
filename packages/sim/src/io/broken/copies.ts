/** A process may hold many copies of the engine, each with the edits of one broken build. */

import { readFileSync } from "node:fs";
import { registerHooks, stripTypeScriptTypes } from "node:module";
import { fileURLToPath } from "node:url";
import type { BrokenBuild } from "./broken-build.ts";
import { edited } from "./hook.ts";

/**
 * It loads a module and all that it imports anew, with the edits of the build. Nothing is shared with other copies but what is
 * no source of the workspace. It takes a tenth of the time of a process of its own.
 */
export async function importBroken<T>(build: BrokenBuild, module: URL): Promise<T> {
  if (copies.length === 0) registerHooks({ resolve, load });
  copies.push(build);
  return (await import(`${module.href}${MARK}${copies.length - 1}`)) as T;
}

type Hooks = Required<Parameters<typeof registerHooks>[0]>;

const MARK = "?copy=";
const OWN_SOURCE = /\/packages\/([^?]+\.ts)$/;

const copies: BrokenBuild[] = [];
/** All copies share these: where an import leads, and the sources without their types. */
const addresses = new Map<string, string>();
const sources = new Map<string, string>();

/** A module of a copy imports modules of the same copy. */
const resolve: Hooks["resolve"] = (specifier, context, nextResolve) => {
  const [parent = "", copy] = context.parentURL?.split(MARK) ?? [];
  if (copy === undefined) return nextResolve(specifier, context);
  const url = kept(
    addresses,
    `${specifier} ${parent}`,
    () => nextResolve(specifier, { ...context, parentURL: parent }).url,
  );
  if (!OWN_SOURCE.test(url)) return nextResolve(specifier, context);
  return { url: `${url}${MARK}${copy}`, format: "module", shortCircuit: true };
};

const load: Hooks["load"] = (url, context, nextLoad) => {
  const [address = "", copy] = url.split(MARK);
  const build = copies[Number(copy)];
  if (build === undefined) return nextLoad(url, context);
  const file = OWN_SOURCE.exec(address)?.[1];
  const edits = build.edits.filter((edit) => edit.file === file);
  const source = () => readFileSync(fileURLToPath(address), "utf8");
  const code =
    edits.length === 0
      ? kept(sources, address, () => stripTypeScriptTypes(source()))
      : stripTypeScriptTypes(edits.reduce(edited, source()));
  return { source: code, format: "module", shortCircuit: true };
};

function kept(values: Map<string, string>, key: string, make: () => string): string {
  const value = values.get(key) ?? make();
  values.set(key, value);
  return value;
}
