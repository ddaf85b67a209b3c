/** The adapter of Vue in a page. */

import { type App, createApp, createSSRApp, shallowRef } from "vue";
import type { Binding, Mounted, Tree } from "../binding.ts";
import { treeComponent } from "./tree.ts";

export const vueBinding: Binding = {
  mount: (place, tree) => mounted(place, tree, createApp),
  hydrate: (place, tree) => mounted(place, tree, createSSRApp),
};

function mounted(place: HTMLElement, tree: Tree, create: (root: ReturnType<typeof treeComponent>) => App): Mounted {
  const given = shallowRef(tree);
  const app = create(treeComponent(given));
  app.mount(place);
  return {
    update: (next) => {
      given.value = next;
    },
    unmount: () => app.unmount(),
  };
}
