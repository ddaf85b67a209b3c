import { engineDurable, engineMemory, floorB } from "./contenders/index.ts";
import { measureFanout } from "./w1-fanout.ts";

const [clients, inFlight, which = "durable,memory,b"] = process.argv.slice(2);
const all: any = { durable: engineDurable, memory: engineMemory, b: floorB };
for (const name of which.split(",")) {
  const s: any = await measureFanout({
    contender: all[name],
    clients: Number(clients),
    records: 1000,
    inFlight: Number(inFlight),
    perTurn: 32,
    warmUpMs: 1500,
    measureMs: 3000,
  });
  console.log(
    name.padEnd(8),
    clients,
    inFlight,
    Object.entries(s)
      .map(([k, v]) => `${k}=${(v as number).toFixed(1)}`)
      .join(" "),
  );
}
process.exit(0);
