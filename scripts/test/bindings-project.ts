/** The tests of Vue, Svelte and Solid run components as a page does: compiled for a browser, and on the builds for one. */

import { join } from "node:path";
import vue from "@vitejs/plugin-vue";
import { compile } from "svelte/compiler";
import solid from "vite-plugin-solid";
import type { Plugin } from "vitest/config";

/** These are their files. */
export const BINDINGS_TESTS: readonly string[] = [
  "tests/bindings/{vue,svelte,solid}.test.ts",
  "examples/{vue,svelte,solid}/*.test.ts",
];

/** It compiles what browsers can't read. React's files need no plugin. */
export const bindingsPlugins: Plugin[] = [vue(), compileSvelte(), solid({ include: "examples/solid/*.tsx" })];

/** Vite takes these settings. The rest of a test is in Node, and `ws` has no other build that works there. */
export const bindingsResolve = {
  conditions: ["source", "browser"],
  alias: [{ find: /^ws$/, replacement: join(import.meta.dirname, "../../node_modules/ws/wrapper.mjs") }],
};

/** It compiles the components of Svelte for a browser, with Vite and with rolldown alone. */
export function compileSvelte() {
  return {
    name: "svelte-components",
    transform(source: string, id: string) {
      if (!id.endsWith(".svelte")) return null;
      const { code, map } = compile(source, { filename: id, generate: "client" }).js;
      return { code, map: map.toString(), moduleType: "js" as const };
    },
  };
}
