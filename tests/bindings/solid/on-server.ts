/** Solid renders a tree on a server. */

import { createComponent } from "solid-js";
import { renderToString } from "solid-js/web";
import type { Tree } from "../binding.ts";
import { TreeOf } from "./tree.ts";

export const renderTree = (tree: Tree): string => renderToString(() => createComponent(TreeOf, { tree }));
