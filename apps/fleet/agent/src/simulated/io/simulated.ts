/** Simulated hosts are made up, and speak the real protocol (`neverstale demo`). */

export { type Course, type CourseOf, courseOf, wrongOp } from "../course.ts";
export { DEFAULT_SHARES, type Lot, lotsOf, type Shares, simulatedName } from "../simulated-host.ts";
export { type SimulatedFleetOptions, startSimulatedFleet } from "./simulated-fleet.ts";
