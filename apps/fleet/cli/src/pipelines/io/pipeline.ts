/** `neverstale pipeline` starts a pipeline on hosts, says which stage is under way, and waits for how it ends. */

import { fleet, type HostTarget, type Pipeline } from "@neverstale/fleet-domain";
import type { AddCommand } from "../../command-line/command.ts";
import { EXIT, Failure } from "../../command-line/failure.ts";
import { type SignInFlags, withSignIn } from "../../command-line/flags.ts";
import { type Found, hostIdsOf } from "../../dispatch/host-names.ts";
import { findSafeguards, type SafeguardFlags, withSafeguards } from "../../dispatch/io/safeguards.ts";
import { flaggedTarget, type TargetFlags, withTarget } from "../../dispatch/target-flags.ts";
import type { CommandLineSession } from "../../session/io/session.ts";
import { waitUntil } from "../../session/io/wait-until.ts";
import { withSession } from "../../session/io/with-session.ts";
import { plainJson } from "../../terminal/plain-text.ts";
import { endLines, stageLine } from "../pipeline-lines.ts";

interface PipelineFlags extends SignInFlags, TargetFlags, SafeguardFlags {
  readonly wait: boolean;
  readonly json?: boolean;
}

const HELP_TEXT = `
Status: 0 means that it is complete on all hosts, 1 that it is not, 2 that it could not be started or followed to its end.

Examples:
  neverstale pipeline health all
  neverstale pipeline rollout --group web --filter status:online`;

export const addPipeline: AddCommand = (root, end) => {
  withSafeguards(
    withTarget(
      withSignIn(root.command("pipeline").description("run a pipeline of fleet.yaml on hosts, and wait for its end")),
    ),
  )
    .argument("<name>", "which pipeline")
    .argument("[hosts...]", "names or ids; all means every host")
    .option("--no-wait", "print the id of the run and end")
    .option("--json", "print the run as one JSON object")
    .addHelpText("after", HELP_TEXT)
    .action(async (name: string, hosts: string[], flags: PipelineFlags) => {
      const target = orFail(flaggedTarget(hosts, flags));
      const asked = { name, hosts, target, wait: flags.wait, json: flags.json === true, safeguards: flags };
      end.status = await withSession(flags, (session, signal) => run(session, asked, signal));
    });
};

interface Asked {
  readonly name: string;
  readonly hosts: readonly string[];
  /** The server finds the hosts by it, where it is not null. */
  readonly target: HostTarget | null;
  readonly wait: boolean;
  readonly json: boolean;
  readonly safeguards: SafeguardFlags;
}

const CONNECT_MS = 15_000;

async function run(session: CommandLineSession, asked: Asked, signal: AbortSignal): Promise<number> {
  const sync = session.follow({ model: fleet.model });
  try {
    await waitUntil(
      sync,
      () => sync.status.type === "live",
      AbortSignal.any([signal, AbortSignal.timeout(CONNECT_MS)]),
    );
    if (sync.status.type !== "live")
      throw new Failure(`the fleet can't be seen: ${sync.status.type}`, { hint: "Is the server running?" });
    const hosts = asked.target ?? orFail(hostIdsOf(asked.hosts, sync.state.hosts.values()));
    const safeguards = await findSafeguards(session, sync.state, { pipeline: asked.name }, asked.safeguards);
    const { pipelineId: id, ...position } = await sync.dispatchPipeline(asked.name, hosts, safeguards);
    await sync.reached(position);
    const found = () => sync.state.pipelines.get(id);
    if (!asked.wait) return print([asked.json ? jsonOf(found()) : id]);
    await waitUntil(sync, tellingStages(found, asked.json), signal);
    const ended = found();
    if (ended === undefined || ended.status === "running")
      throw new Failure("interrupted; the pipeline goes on", { hint: "See the dashboard for how it ends." });
    print(asked.json ? [jsonOf(ended)] : endLines(ended, sync.state.hosts));
    return ended.status === "complete" ? EXIT.ok : EXIT.no;
  } finally {
    sync.stop();
  }
}

/** It returns what is true once the pipeline has ended. On the way it says on standard error which stage has begun. */
function tellingStages(found: () => Pipeline | undefined, quiet: boolean): () => boolean {
  let told = "";
  return () => {
    const pipeline = found();
    if (pipeline?.status !== "running") return true;
    const line = stageLine(pipeline);
    if (line !== told && !quiet) process.stderr.write(`${line}\n`);
    told = line;
    return false;
  };
}

function jsonOf(pipeline: Pipeline | undefined): string {
  return plainJson(JSON.stringify(pipeline ?? null));
}

function print(lines: readonly string[]): number {
  for (const line of lines) process.stdout.write(`${line}\n`);
  return EXIT.ok;
}

function orFail<T>(found: Found<T>): T {
  if (found.ok) return found.value;
  throw new Failure(found.problem);
}
