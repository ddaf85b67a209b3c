import { ArgSpec, checkArgs, type OpOffer } from "@neverstale/fleet-domain";
import { LineCounter, parseDocument } from "yaml";
import { z } from "zod";
import { templateProblem } from "./argv.ts";
import { parsePattern } from "./pattern.ts";
import { parseDuration, parseSize } from "./quantity.ts";

/*
 * `agent.yaml`, owned by the host's admin: all that may ever run on this host. The server sends an op's name and its
 * arguments; a command line never travels.
 */

const OpName = z.string().regex(/^[a-z][a-z0-9_-]{0,63}$/, "expected lower-case letters, digits, - and _");

/** Timers that wait longer than 2^31 ms don't wait at all. */
const LONGEST_MS = 500 * 3_600_000;

const Duration = z.string().transform((text, context) => {
  const ms = parseDuration(text);
  if (ms !== null && ms > 0 && ms <= LONGEST_MS) return ms;
  context.addIssue("expected a duration such as 30s, 5m or 1h, at most 500h");
  return z.NEVER;
});

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

/** A text that a program can be given: the system takes no other. */
const Given = z
  .string()
  .max(4096)
  .refine((text) => !text.includes("\0") && text.isWellFormed(), "holds a character that no program can be given");

function atMost(count: number): (record: object) => boolean {
  return (record) => Object.keys(record).length <= count;
}

const [Integer, Choice, Text] = ArgSpec.options;
const FileArg = z.discriminatedUnion("type", [
  Integer.omit({ name: true }).strict(),
  Choice.omit({ name: true }).strict(),
  Text.omit({ name: true }).extend({ pattern: PatternText }).strict(),
]);

const FileOp = z.strictObject({
  title: z.string().max(200).optional(),
  /** The program and its arguments. `{name}` is an argument, `{node}` this Node.js, `{shipped}` the agent's own scripts. */
  argv: z.array(Given.min(1)).min(1).max(100),
  args: z.record(OpName, FileArg).refine(atMost(20), "at most 20 arguments").default({}),
  timeout: Duration.default(60_000),
  kill_grace: Duration.default(5_000),
  output_cap: Size.default(1024 ** 2),
  /** The user it runs as. Refused where the agent may not switch to it. */
  user: z
    .string()
    .regex(/^[a-z_][a-z0-9_-]{0,31}$/, "expected a user's name")
    .optional(),
  cwd: Given.startsWith("/", "expected an absolute path").default("/"),
  env: z.record(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/), Given).default({}),
});
export type FileOp = z.infer<typeof FileOp>;

const AgentFile = z.strictObject({ ops: z.record(OpName, FileOp).refine(atMost(200), "at most 200 ops") });
export type AgentFile = z.infer<typeof AgentFile>;

/** What is wrong with an `agent.yaml`, a line for each problem: `line 7: ops.disk.timeout: expected …`. */
export class AgentFileError extends Error {
  override readonly name = "AgentFileError";
}

/** Reads the text of an `agent.yaml`; throws `AgentFileError`. */
export function parseAgentFile(text: string): AgentFile {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: true });
  const lineAt = (position: number) => `line ${lines.linePos(position).line}`;
  const broken = document.errors.map((error) => `${lineAt(error.pos[0])}: ${error.message}`);
  if (broken.length > 0) throw new AgentFileError(broken.join("\n"));

  const lineOf: LineOf = (path) => {
    for (let length = path.length; length > 0; length -= 1) {
      const node = document.getIn(path.slice(0, length), true);
      if (hasRange(node)) return lineAt(node.range[0]);
    }
    return lineAt(0);
  };
  const read = AgentFile.safeParse(document.toJS({ maxAliasCount: 100 }));
  if (!read.success) throw new AgentFileError(read.error.issues.map((issue) => describe(issue, lineOf)).join("\n"));
  const problems = Object.entries(read.data.ops).flatMap(([name, op]) => [
    ...problemIn(lineOf, ["ops", name, "argv"], templateProblem(op)),
    ...offerOf(name, op).args.flatMap((spec) => problemIn(lineOf, ["ops", name, "args", spec.name], specProblem(spec))),
  ]);
  if (problems.length > 0) throw new AgentFileError(problems.join("\n"));
  return read.data;
}

/** What the server is told of an op. Patterns and argv stay here. */
export function offerOf(name: string, op: FileOp): OpOffer {
  const args = Object.entries(op.args).map(([argName, spec]): ArgSpec => {
    if (spec.type !== "text") return { name: argName, ...spec };
    const { pattern: _, ...text } = spec;
    return { name: argName, ...text };
  });
  return op.title === undefined ? { name, args } : { name, title: op.title, args };
}

/** What no value could pass, or what is given when nobody gives anything. */
function specProblem(spec: ArgSpec): string | null {
  if (spec.type === "integer" && spec.min > spec.max) return `min ${spec.min} is above max ${spec.max}`;
  if (spec.default === undefined) return null;
  const checked = checkArgs({ name: "its default", args: [spec] }, {});
  return checked.ok ? null : `its default: ${checked.problem}`;
}

type LineOf = (path: readonly PropertyKey[]) => string;

function problemIn(lineOf: LineOf, path: readonly string[], problem: string | null): string[] {
  return problem === null ? [] : [`${lineOf(path)}: ${path.join(".")}: ${problem}`];
}

function describe(issue: z.core.$ZodIssue, lineOf: LineOf): string {
  const [key] = issue.code === "unrecognized_keys" ? issue.keys : [];
  return `${lineOf(key === undefined ? issue.path : [...issue.path, key])}: ${issue.path.join(".")}: ${issue.message}`;
}

function hasRange(node: unknown): node is { readonly range: readonly number[] & { readonly 0: number } } {
  return typeof node === "object" && node !== null && "range" in node && Array.isArray(node.range);
}
