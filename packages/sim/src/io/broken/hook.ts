/** The modules of a process are loaded with the edits of a broken build. */

import { registerHooks } from "node:module";
import type { BrokenBuild, Edit } from "./broken-build.ts";
import { BROKEN_BUILDS } from "./builds.ts";

/** The edits hold for the modules that this process loads from here on. */
export function breakModules({ edits }: BrokenBuild): void {
  registerHooks({
    load(url, context, nextLoad) {
      const loaded = nextLoad(url, context);
      const own = edits.filter(({ file }) => url.endsWith(`/packages/${file}`));
      if (own.length === 0) return loaded;
      return { ...loaded, source: own.reduce(edited, String(loaded.source)) };
    },
  });
}

export function buildNamed(name: string): BrokenBuild {
  const build = BROKEN_BUILDS.find((candidate) => candidate.name === name);
  if (build === undefined) throw new Error(`there is no broken build named "${name}"`);
  return build;
}

/** It returns the text with the edit carried out. It throws when the edit doesn't fit the source any more. */
export function edited(source: string, { file, find, replace }: Edit): string {
  const parts = source.split(find);
  if (parts.length !== 2) {
    throw new Error(`${file} holds the text to be broken ${parts.length - 1} times, and not once: ${find}`);
  }
  return parts.join(replace);
}
