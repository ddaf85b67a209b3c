import { describeSimulatedStore } from "./sim-store-suite.ts";

for (const writer of ["auto", "inline"] as const) describeSimulatedStore(writer);
