/** Svelte renders a tree on a server. The components are compiled for that as they are loaded. */

import { readFileSync } from "node:fs";
import { registerHooks } from "node:module";
import { fileURLToPath } from "node:url";
import { compile } from "svelte/compiler";
import { render } from "svelte/server";
import type { Tree } from "../binding.ts";

registerHooks({
  load(url, context, next) {
    if (!url.endsWith(".svelte")) return next(url, context);
    const source = readFileSync(fileURLToPath(url), "utf8");
    const { js } = compile(source, { generate: "server", filename: fileURLToPath(url) });
    return { format: "module", source: js.code, shortCircuit: true };
  },
});

export async function renderTree(tree: Tree): Promise<string> {
  const { default: TreeComponent } = await import("./Tree.svelte");
  return render(TreeComponent, { props: { tree: { current: tree } } }).body;
}
