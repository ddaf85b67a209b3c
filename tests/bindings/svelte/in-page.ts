/** The adapter of Svelte in a page. */

import { hydrate, mount, unmount } from "svelte";
import { fromStore, writable } from "svelte/store";
import type { Binding, Mounted, Tree } from "../binding.ts";
import TreeComponent from "./Tree.svelte";

export const svelteBinding: Binding = {
  mount: (place, tree) => mounted(tree, (props) => mount(TreeComponent, { target: place, props })),
  hydrate: (place, tree) => mounted(tree, (props) => hydrate(TreeComponent, { target: place, props })),
};

type Component = ReturnType<typeof mount>;

function mounted(tree: Tree, begin: (props: Record<string, unknown>) => Component): Mounted {
  const given = writable(tree);
  const component = begin({ tree: fromStore(given) });
  return { update: (next) => given.set(next), unmount: () => void unmount(component) };
}
