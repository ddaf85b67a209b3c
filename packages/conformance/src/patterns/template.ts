/** A template stands for a value that is made of what a scenario has named so far. */

import {
  digestOf,
  fromWireState,
  isJsonObject,
  type JsonObject,
  type JsonValue,
  type WireState,
} from "@neverstale/protocol";

/** A scenario has named these values so far. The names stand without the dollar sign. */
export type Bindings = Map<string, JsonValue>;

/** It is thrown when a scenario can't be played as it is written: a bug of the scenario, not of the tested side. */
export class ScenarioError extends Error {
  override readonly name = "ScenarioError";
}

/**
 * It returns the value for which a template stands. `"$v"` is what is bound to v, `{"$plus": [a, b]}` is a sum,
 * `{"$times": [a, b]}` a product, `{"$join": [...]}` a text, `{"$repeat": [text, n]}` a long text, and `{"$digest": state}` the
 * digest of a state (rule G1).
 */
export function resolve(template: JsonValue, bindings: Bindings): JsonValue {
  if (typeof template === "string") return template.startsWith("$") ? bound(template.slice(1), bindings) : template;
  if (Array.isArray(template)) return template.map((item) => resolve(item, bindings));
  if (!isJsonObject(template)) return template;
  const [operator, argument] = soleMember(template);
  if (operator?.startsWith("$") === true) return computed(operator, resolve(argument as JsonValue, bindings));
  return Object.fromEntries(Object.entries(template).map(([key, value]) => [key, resolve(value, bindings)]));
}

export function resolveNumber(template: JsonValue, bindings: Bindings): number {
  const value = resolve(template, bindings);
  if (typeof value !== "number") throw new ScenarioError(`${JSON.stringify(template)} is no number`);
  return value;
}

export function resolveObject(template: JsonValue, bindings: Bindings): JsonObject {
  const value = resolve(template, bindings);
  if (!isJsonObject(value)) throw new ScenarioError(`${JSON.stringify(template)} is no object`);
  return value;
}

export function resolveText(template: JsonValue, bindings: Bindings): string {
  const value = resolve(template, bindings);
  if (typeof value !== "string") throw new ScenarioError(`${JSON.stringify(template)} is no text`);
  return value;
}

const OPERATORS: Readonly<Record<string, (argument: JsonValue) => JsonValue>> = {
  $plus: (items) => numbers(items).reduce((sum, item) => sum + item, 0),
  $times: (items) => numbers(items).reduce((product, item) => product * item, 1),
  $join: (items) => list(items).join(""),
  $repeat: (items) => String(list(items)[0]).repeat(Number(list(items)[1])),
  $digest: (state) => digestOf(fromWireState(state as WireState)),
};

function computed(operator: string, argument: JsonValue): JsonValue {
  const compute = OPERATORS[operator];
  if (compute === undefined) throw new ScenarioError(`there is no operator ${operator}`);
  return compute(argument);
}

function bound(name: string, bindings: Bindings): JsonValue {
  const value = bindings.get(name);
  if (value === undefined) throw new ScenarioError(`nothing is bound to $${name} yet`);
  return value;
}

/** It returns the only member of an object that has one. An operator stands alone in its object. */
function soleMember(object: JsonObject): readonly [string, JsonValue] | readonly [null, null] {
  const [first, ...others] = Object.entries(object);
  return first !== undefined && others.length === 0 ? first : [null, null];
}

function list(value: JsonValue): readonly JsonValue[] {
  if (!Array.isArray(value)) throw new ScenarioError(`${JSON.stringify(value)} is no list`);
  return value;
}

function numbers(value: JsonValue): readonly number[] {
  return list(value).map((item) => {
    if (typeof item !== "number") throw new ScenarioError(`${JSON.stringify(item)} is no number`);
    return item;
  });
}
