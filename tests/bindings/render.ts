/** Renders the first view on a server, where no page is: `node --conditions=source tests/bindings/render.ts react URL STATE`. */

import type { OwnedReplicaOptions } from "@neverstale/client/bindings";
import type { InitialState } from "@neverstale/protocol";
import type { Tree } from "./binding.ts";
import { firstTree } from "./first-tree.ts";

interface OnServer {
  readonly renderTree: (tree: Tree) => string | Promise<string>;
}

const [framework = "", url = "", state = ""] = process.argv.slice(2);
const initial: InitialState = JSON.parse(state);
const { renderTree }: OnServer = await import(`./${framework}/on-server.ts`);
const options: OwnedReplicaOptions = { url, initial };
process.stdout.write(await renderTree(firstTree(options)));
