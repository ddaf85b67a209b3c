export { type Input, notLinearizable, type Operation } from "./checks/calls/linearizable.ts";
export type { OracleState } from "./checks/history.ts";
export { reduce } from "./checks/oracle.ts";
export { makePlan } from "./plan/make-plan.ts";
export { Random } from "./plan/random.ts";
export { FIRST_RELEASE, migrationOf, modelsOf, nextRelease, type Release } from "./plan/releases.ts";
export { mountStore } from "./store/sim-store.ts";
export { World } from "./world/world.ts";
