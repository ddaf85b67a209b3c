/** The naive server gets the control of the conformance kit. Arguments and first line are those of engine-server.ts. */

import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { type Change, serveNaively } from "../../examples/naive-server/naive-server.ts";

const [database = "naive.db", port = "0", controlPort = "0", beaconMs = "30000"] = process.argv.slice(2);

const naive = await serveNaively(database, Number(port), Number(beaconMs));
const control = createServer(async (request, response) => {
  const changes = JSON.parse((await request.toArray()).join("")) as Change[];
  try {
    // It has no transactions: it can only make one change after the other.
    for (const change of changes) await naive.manager.applyChange(change);
    response.writeHead(204).end();
  } catch {
    response.writeHead(422).end();
  }
});
await once(control.listen(Number(controlPort), "127.0.0.1"), "listening");
console.log(JSON.stringify([naive.port, (control.address() as AddressInfo).port]));
