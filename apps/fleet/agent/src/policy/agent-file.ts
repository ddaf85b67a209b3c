/** The agent file, `agent.yaml`, is owned by the host's admin and names all that may ever run on this host. */

import { type ArgSpec, atMost, checkArgs, type OpOffer } from "@neverstale/fleet-domain";
import { LineCounter, parseDocument } from "yaml";
import { z } from "zod";
import { templateProblem } from "./argv.ts";
import { FileOp, OpName } from "./file-op.ts";

const AgentFile = z.strictObject({ ops: z.record(OpName, FileOp).refine(atMost(200), "at most 200 ops") });
/** The server sends the name of an op and its arguments. A command line never travels. */
export type AgentFile = z.infer<typeof AgentFile>;

/** The message has a line for each problem of an `agent.yaml`: `line 7: ops.disk.timeout: expected …`. */
export class AgentFileError extends Error {
  override readonly name = "AgentFileError";
}

/** Reads the text of an `agent.yaml`. Throws `AgentFileError`. */
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

/** This is all that the server is told of an op. Patterns and argv stay here. */
export function offerOf(name: string, op: FileOp): OpOffer {
  const args = Object.entries(op.args).map(([argName, spec]): ArgSpec => {
    if (spec.type !== "text") return { name: argName, ...spec };
    const { pattern: _, ...text } = spec;
    return { name: argName, ...text };
  });
  return op.title === undefined ? { name, args } : { name, title: op.title, args };
}

/** An argument is wrong when no value could pass, or when its own default does not. */
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
