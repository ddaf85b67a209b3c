/** Another node of the bench runs in a process of its own: `node --conditions=source bench/contenders/node-process.ts STORE_URL RECORDS`. */

import { openNode } from "./nodes.ts";

const [storeUrl = "", records = "0"] = process.argv.slice(2);
const node = await openNode(storeUrl, Number(records));
process.send?.({ port: node.port });
process.once("disconnect", async () => {
  await node.close();
  process.exit(0);
});
