export { isLevel } from "./healthy-phase.ts";
export { type Input, notLinearizable, type Operation } from "./linearizable.ts";
export { makePlan } from "./make-plan.ts";
export type { Action, ClientPlan, Plan } from "./plan.ts";
export { type RunResult, runPlan } from "./run.ts";
export { hostAdded, hostRemoved, hostUpdated, type Simulation, simulate } from "./simulate.ts";
export { type Failure, World, type WorldConfig } from "./world.ts";
