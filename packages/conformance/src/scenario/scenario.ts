/** A scenario is a story about one rule, which is played with a real server or a real client. */

import { isJsonObject, type JsonObject, type JsonValue, type Profile } from "@neverstale/protocol";
import { ScenarioError } from "../patterns/template.ts";

/** A step is one thing that a scenario does or expects. `do` names it, and the tables below say which members it has. */
export interface ScenarioStep {
  readonly do: string;
  readonly [member: string]: JsonValue;
}

export interface Scenario {
  /** This is the number of the rule in SPEC.md. */
  readonly rule: string;
  /** It says in a sentence what holds. */
  readonly name: string;
  /** The scenario is played in each of these profiles, in a run of its own. */
  readonly profiles: readonly Profile[];
  /** These values are bound from the start. */
  readonly let: JsonObject;
  /** A client may show only these states, so that a wrong flash is noticed. An empty list allows anything. */
  readonly truth: readonly { readonly version: number; readonly state: JsonValue }[];
  readonly steps: readonly ScenarioStep[];
}

/** A scenario is played with one of the two. */
export type Tested = "server" | "client";

/** A member of a step must be of one of these kinds. With a question mark it may be absent. */
type Kind = "text" | "names" | "number" | "any" | "steps" | "branches" | "flag" | "changes";
type Shape = Readonly<Record<string, Kind | `${Kind}?`>>;

const SERVER_STEPS: Readonly<Record<string, Shape>> = {
  connect: { as: "text", profile: "text?", resume: "any?", query: "any?" },
  expect: { on: "text", message: "any", within: "any?" },
  await: { on: "text", message: "any", within: "any?" },
  nothing: { on: "text", message: "any", forMs: "any" },
  send: { on: "text", message: "any" },
  send_text: { on: "text", text: "any" },
  send_binary: { on: "text", hex: "text" },
  send_bytes: { on: "text", hex: "text" },
  ack: { on: "text", more: "number?" },
  pause: { on: "text" },
  unpause: { on: "text" },
  expect_close: { on: "text", codes: "any" },
  close: { on: "text" },
  change: { changes: "changes", refused: "flag?" },
  load: { count: "number", targets: "number", bytes: "number?", lanes: "number?", batch: "number?", target: "text?" },
  level: { on: "names", version: "any?" },
  same: { on: "names" },
  holds: { on: "text", hosts: "any" },
  received: { on: "text", bytes: "any" },
  in_parts: { on: "text" },
  restart: {},
  take_over: {},
  wait: { ms: "any" },
  repeat: { times: "number", steps: "steps" },
  together: { branches: "branches" },
};

const CLIENT_STEPS: Readonly<Record<string, Shape>> = {
  accept: { resume: "any?", within: "any?" },
  no_connection: { forMs: "number" },
  send: {
    message: "any",
    gzip: "flag?",
    on: "number?",
    padding: "number?",
    parts: "number?",
    without: "number?",
    step: "flag?",
  },
  send_text: { text: "any" },
  send_gzip: { text: "any" },
  expect: { message: "any", within: "any?" },
  acked: { within: "any?" },
  nothing: { message: "any", forMs: "number" },
  shows: { version: "any", state: "any?", within: "any?" },
  stays: { version: "any", forMs: "number" },
  expect_close: { codes: "any", within: "any?" },
  answer_checks: { yes: "flag" },
  close: { code: "number" },
  cut: {},
  wait: { ms: "number" },
};

const SHAPES: Readonly<Record<Tested, Readonly<Record<string, Shape>>>> = {
  server: SERVER_STEPS,
  client: CLIENT_STEPS,
};

/** It reads a scenario as its file holds it, and throws a `ScenarioError` that names what is wrong. */
export function readScenario(tested: Tested, json: JsonValue): Scenario {
  if (!isJsonObject(json)) throw new ScenarioError("a scenario is an object");
  const { rule, name, profiles, truth = [], steps, about: _, let: bound = {}, ...others } = json;
  const surplus = Object.keys(others)[0];
  if (surplus !== undefined) throw new ScenarioError(`a scenario has no \`${surplus}\``);
  if (typeof rule !== "string" || !/^[A-Z]\d+[a-z]?$/.test(rule)) throw new ScenarioError("`rule` is no rule's number");
  if (typeof name !== "string" || name === "") throw new ScenarioError("`name` is missing");
  if (!isJsonObject(bound)) throw new ScenarioError("`let` is no object");
  return {
    rule,
    name,
    profiles: readProfiles(profiles),
    let: bound,
    truth: readTruth(truth),
    steps: readSteps(tested, steps),
  };
}

function readProfiles(value: JsonValue | undefined): Profile[] {
  const known = Array.isArray(value) && value.length > 0 && value.every((each) => each === "v1" || each === "plain");
  if (!known) throw new ScenarioError("`profiles` is a list of v1 and plain");
  return [...value];
}

function readTruth(value: JsonValue): Scenario["truth"] {
  if (!Array.isArray(value)) throw new ScenarioError("`truth` is no list");
  return value.map((item) => {
    if (!isJsonObject(item) || typeof item.version !== "number" || item.state === undefined)
      throw new ScenarioError("`truth` is a list of {version, state}");
    return { version: item.version, state: item.state };
  });
}

function readSteps(tested: Tested, value: JsonValue | undefined): ScenarioStep[] {
  if (!Array.isArray(value) || value.length === 0) throw new ScenarioError("`steps` is a list");
  return value.map((step, index) => {
    try {
      return readStep(tested, step);
    } catch (error) {
      if (error instanceof ScenarioError) throw new ScenarioError(`step ${index + 1}: ${error.message}`);
      throw error;
    }
  });
}

function readStep(tested: Tested, step: JsonValue): ScenarioStep {
  if (!isJsonObject(step) || typeof step.do !== "string") throw new ScenarioError("a step has a `do`");
  const shapes = SHAPES[tested];
  const shape = Object.hasOwn(shapes, step.do) ? shapes[step.do] : undefined;
  if (shape === undefined) throw new ScenarioError(`there is no step \`${step.do}\``);
  for (const key of Object.keys(step)) {
    if (key !== "do" && !Object.hasOwn(shape, key)) throw new ScenarioError(`\`${step.do}\` has no \`${key}\``);
  }
  for (const [key, kind] of Object.entries(shape)) checkMember(tested, step, key, kind);
  return step as ScenarioStep;
}

function checkMember(tested: Tested, step: JsonObject, key: string, kind: string): void {
  const value = step[key];
  if (value === undefined) {
    if (!kind.endsWith("?")) throw new ScenarioError(`\`${String(step.do)}\` needs \`${key}\``);
    return;
  }
  if (!CHECKS[kind.replace("?", "") as Kind](value, tested))
    throw new ScenarioError(`\`${key}\` is not as it should be`);
}

const CHECKS: Readonly<Record<Kind, (value: JsonValue, tested: Tested) => boolean>> = {
  text: (value) => typeof value === "string",
  names: (value) => Array.isArray(value) && value.length > 0 && value.every((name) => typeof name === "string"),
  number: (value) => typeof value === "number",
  any: () => true,
  flag: (value) => typeof value === "boolean",
  changes: (value) => Array.isArray(value) && value.every(isJsonObject),
  steps: (value, tested) => readSteps(tested, value).length > 0,
  branches: (value, tested) => Array.isArray(value) && value.every((branch) => readSteps(tested, branch).length > 0),
};

/** It says whether the steps need a control, and whether they need one that can restart the server. */
export function needsOf(steps: readonly ScenarioStep[]): { readonly control: boolean; readonly restart: boolean } {
  const inner = steps.flatMap((step) => nestedSteps(step).map(needsOf));
  const does = (...names: string[]) => steps.some((step) => names.includes(step.do));
  return {
    control: does("change", "load", "restart", "take_over") || inner.some((needs) => needs.control),
    restart: does("restart") || inner.some((needs) => needs.restart),
  };
}

function nestedSteps(step: ScenarioStep): readonly (readonly ScenarioStep[])[] {
  if (step.do === "repeat") return [step.steps as unknown as readonly ScenarioStep[]];
  return step.do === "together" ? (step.branches as unknown as readonly (readonly ScenarioStep[])[]) : [];
}
