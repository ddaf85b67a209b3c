/** React renders a tree on a server. */

import { renderToString } from "react-dom/server";
import type { Tree } from "../binding.ts";
import { treeElement } from "./tree.ts";

export const renderTree = (tree: Tree): string => renderToString(treeElement(tree));
