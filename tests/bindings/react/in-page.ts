/** The adapter of React in a page. */

import { createRoot, hydrateRoot, type Root } from "react-dom/client";
import type { Binding, Mounted } from "../binding.ts";
import { treeElement } from "./tree.ts";

export const reactBinding: Binding = {
  mount(place, tree) {
    const root = createRoot(place);
    root.render(treeElement(tree));
    return mounted(root);
  },
  hydrate: (place, tree) => mounted(hydrateRoot(place, treeElement(tree))),
};

function mounted(root: Root): Mounted {
  return { update: (tree) => root.render(treeElement(tree)), unmount: () => root.unmount() };
}
