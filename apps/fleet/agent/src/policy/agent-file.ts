/** The agent file, `agent.yaml`, is owned by the host's admin and names all that may ever run on this host. */

import { type ArgSpec, atMost, checkArgs, type OpOffer } from "@neverstale/fleet-domain";
import { type FileProblem, readYamlFile } from "@neverstale/fleet-domain/yaml-file";
import { z } from "zod";
import { templateProblem } from "./argv.ts";
import { FileCheck, intervalProblem, opOf } from "./file-check.ts";
import { FileOp, OpName } from "./file-op.ts";

/** So many checks may an agent run. */
export const MOST_CHECKS = 20;

const AgentFile = z.strictObject({
  ops: z.record(OpName, FileOp).refine(atMost(200), "at most 200 ops"),
  checks: z.record(OpName, FileCheck).refine(atMost(MOST_CHECKS), `at most ${MOST_CHECKS} checks`).default({}),
});
/** The server sends the name of an op and its arguments. A command line never travels. */
export type AgentFile = z.infer<typeof AgentFile>;

/** Reads the text of an `agent.yaml`. Throws `YamlFileError`. */
export function parseAgentFile(text: string): AgentFile {
  return readYamlFile(text, AgentFile, ({ ops, checks }) => [
    ...Object.entries(ops).flatMap(([name, op]) => [
      ...problemAt(["ops", name, "argv"], templateProblem(op)),
      ...offerOf(name, op).args.flatMap((spec) => problemAt(["ops", name, "args", spec.name], specProblem(spec))),
    ]),
    ...Object.entries(checks).flatMap(([name, check]) => [
      ...problemAt(["checks", name], name === OWN_CHECK ? "the agent has a check of its own by this name" : null),
      ...problemAt(["checks", name, "argv"], templateProblem(opOf(check))),
      ...problemAt(["checks", name, "timeout"], intervalProblem(check)),
    ]),
  ]);
}

/** The agent says by this check whether its file can be used. */
export const OWN_CHECK = "agent-file";

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

function problemAt(path: readonly string[], problem: string | null): FileProblem[] {
  return problem === null ? [] : [{ path, problem }];
}
