/** The adapter of Solid in a page. */

import { createComponent, createSignal, type JSX } from "solid-js";
import { hydrate, render } from "solid-js/web";
import type { Binding, Mounted, Tree } from "../binding.ts";
import { TreeOf } from "./tree.ts";

export const solidBinding: Binding = {
  mount: (place, tree) => mounted(place, tree, render),
  hydrate(place, tree) {
    // A server that renders a whole page writes this into its head, by `generateHydrationScript`.
    Object.assign(globalThis, { _$HY: { events: [], completed: new WeakSet(), r: {}, fe: () => {} } });
    return mounted(place, tree, hydrate);
  },
};

function mounted(
  place: HTMLElement,
  tree: Tree,
  begin: (code: () => JSX.Element, place: HTMLElement) => () => void,
): Mounted {
  const [given, give] = createSignal(tree);
  const end = begin(
    () =>
      createComponent(TreeOf, {
        get tree() {
          return given();
        },
      }),
    place,
  );
  return { update: (next) => void give(next), unmount: end };
}
