/** An op has arguments, which server and agent check in the same way. */

import type { ReadonlyJson } from "@neverstale/protocol";
import { z } from "zod";
import { Line, Name } from "../text.ts";

/**
 * This describes an argument of an op, so that the server and the page ask for the right thing. The agent's own file holds more
 * (argv templates, patterns) and has the last word.
 */
export const ArgSpec = z.discriminatedUnion("type", [
  z.object({ name: Name, type: z.literal("integer"), min: z.int(), max: z.int(), default: z.int().optional() }),
  z.object({ name: Name, type: z.literal("choice"), values: z.array(Line).min(1).max(100), default: Line.optional() }),
  z.object({ name: Name, type: z.literal("text"), maxLength: z.int().min(1).max(500), default: Line.optional() }),
]);
export type ArgSpec = ReadonlyJson<z.infer<typeof ArgSpec>>;

/** A host's agent offers an op that it allows. */
export const OpOffer = z.object({ name: Name, title: Line.optional(), args: z.array(ArgSpec).max(20).default([]) });
export type OpOffer = ReadonlyJson<z.infer<typeof OpOffer>>;

export const Args = z
  .record(Name, z.union([z.string().max(500), z.int()]))
  .refine((args) => Object.keys(args).length <= 20, "at most 20 arguments");
export type Args = ReadonlyJson<z.infer<typeof Args>>;

export type ArgsCheck = { readonly ok: true; readonly args: Args } | { readonly ok: false; readonly problem: string };

/** It fills in the defaults, or says what is wrong with the arguments. */
export function checkArgs(offer: OpOffer, given: Args): ArgsCheck {
  const unknown = Object.keys(given).find((name) => !offer.args.some((spec) => spec.name === name));
  if (unknown !== undefined) return { ok: false, problem: `${offer.name} has no argument ${unknown}` };
  const args: Record<string, string | number> = {};
  for (const spec of offer.args) {
    const value = Object.hasOwn(given, spec.name) ? given[spec.name] : spec.default;
    if (value === undefined) return { ok: false, problem: `the argument ${spec.name} is missing` };
    const problem = argProblem(spec, value);
    if (problem !== null) return { ok: false, problem: `${spec.name} ${problem}` };
    args[spec.name] = value;
  }
  return { ok: true, args };
}

function argProblem(spec: ArgSpec, value: string | number): string | null {
  switch (spec.type) {
    case "integer":
      if (typeof value !== "number" || !Number.isSafeInteger(value)) return "is not a whole number";
      return value < spec.min || value > spec.max ? `is not between ${spec.min} and ${spec.max}` : null;
    case "choice":
      return typeof value === "string" && spec.values.includes(value) ? null : `is none of ${spec.values.join(", ")}`;
    case "text":
      if (typeof value !== "string") return "is not a text";
      return value.length > spec.maxLength ? `is longer than ${spec.maxLength} characters` : null;
  }
}
