/**
 * One of the servers here is run by hand: `node --conditions=source tests/conformance/supervise.ts engine-server.ts DATABASE
 * [BEACON_MS]` says how to point the kit at it.
 */

import { Supervised } from "./supervised.ts";

const [script = "engine-server.ts", database = "memory", beaconMs = "1000"] = process.argv.slice(2);
const supervised = await Supervised.start(script, database, Number(beaconMs));
console.log(`server ${supervised.url} --control ${supervised.controlUrl} --beacon-ms ${beaconMs}`);
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, () => void supervised.close().then(() => process.exit(0)));
}
