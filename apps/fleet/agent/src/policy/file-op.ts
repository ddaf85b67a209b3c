/** A file op is one entry of an `agent.yaml`: what runs, with which arguments, for how long, and as which user. */

import { ArgSpec, atMost } from "@neverstale/fleet-domain";
import { Duration, parseSize } from "@neverstale/fleet-domain/quantity";
import { z } from "zod";
import { parsePattern } from "./pattern.ts";

export const OpName = z.string().regex(/^[a-z][a-z0-9_-]{0,63}$/, "expected lower-case letters, digits, - and _");

const Size = z.string().transform((text, context) => {
  const bytes = parseSize(text);
  if (bytes !== null && bytes >= 1024 && bytes <= 1024 ** 3) return bytes;
  context.addIssue("expected a size from 1KiB to 1GiB, such as 64KiB or 10MiB");
  return z.NEVER;
});

const PatternText = z
  .string()
  .max(1000)
  .transform((source, context) => {
    try {
      return parsePattern(source);
    } catch (error) {
      context.addIssue(error instanceof Error ? error.message : "not a regular expression");
      return z.NEVER;
    }
  });

/** The system gives a program no text with a zero byte or half a character in it. */
const Given = z
  .string()
  .max(4096)
  .refine((text) => !text.includes("\0") && text.isWellFormed(), "holds a character that no program can be given");

const [Integer, Choice, Text] = ArgSpec.options;
const FileArg = z.discriminatedUnion("type", [
  Integer.omit({ name: true }).strict(),
  Choice.omit({ name: true }).strict(),
  Text.omit({ name: true }).extend({ pattern: PatternText }).strict(),
]);

export const FileOp = z.strictObject({
  title: z.string().max(200).optional(),
  /** This is the program with its arguments. `{name}` is an argument, `{node}` this Node.js, `{shipped}` the agent's own scripts. */
  argv: z.array(Given.min(1)).min(1).max(100),
  args: z.record(OpName, FileArg).refine(atMost(20), "at most 20 arguments").default({}),
  timeout: Duration.default(60_000),
  kill_grace: Duration.default(5_000),
  output_cap: Size.default(1024 ** 2),
  /** The op runs as this user. It is refused where the agent may not switch to that user. */
  user: z
    .string()
    .regex(/^[a-z_][a-z0-9_-]{0,31}$/, "expected a user's name")
    .optional(),
  cwd: Given.startsWith("/", "expected an absolute path").default("/"),
  env: z.record(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/), Given).default({}),
});
export type FileOp = z.infer<typeof FileOp>;
