import { describeSimulatedStore } from "./sim-store-suite.ts";

// `npm run proofs` runs it with the other writers.
describeSimulatedStore("worker");
