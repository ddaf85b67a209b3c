export { playWithClient } from "./client/play-client.ts";
export { checkClient, checkServer, runProgram } from "./io/program.ts";
export { readScenarios } from "./io/read-scenarios.ts";
export { type Mismatch, mismatch } from "./patterns/pattern.ts";
export { type Bindings, resolve, ScenarioError } from "./patterns/template.ts";
export { NotRun, type ScenarioOutcome } from "./scenario/outcome.ts";
export { markdownOf, sumOf, tableOf } from "./scenario/report.ts";
export { readScenario, type Scenario, type ScenarioStep, type Tested } from "./scenario/scenario.ts";
export { Violation } from "./scenario/violation.ts";
export { playWithServer } from "./server/play-server.ts";
export type {
  AcceptedConnection,
  Arrival,
  Control,
  Shown,
  TestConnection,
  TestedClient,
  TestedServer,
} from "./tested.ts";
