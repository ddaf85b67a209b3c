/** Vue renders a tree on a server. */

import { createSSRApp, shallowRef } from "vue";
import { renderToString } from "vue/server-renderer";
import type { Tree } from "../binding.ts";
import { treeComponent } from "./tree.ts";

export const renderTree = (tree: Tree): Promise<string> =>
  renderToString(createSSRApp(treeComponent(shallowRef(tree))));
