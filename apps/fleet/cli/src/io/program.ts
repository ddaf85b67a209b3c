/** The command line runs one command, and turns its end into an exit status. */

import { packageVersion } from "@neverstale/base/node";
import { Command, CommanderError } from "commander";
import { addAgent } from "../agent/io/agent.ts";
import { addAlerts } from "../alerts/io/alerts.ts";
import { addApiTokens } from "../api-tokens/io/api-tokens.ts";
import { addVerifyAudit } from "../audit/io/verify-audit.ts";
import type { AddCommand, ProcessEnd } from "../command-line/command.ts";
import { EXIT, errorText, Failure } from "../command-line/failure.ts";
import { addCompletion } from "../completion/io/completion.ts";
import { addAdmin } from "../data/io/admin.ts";
import { addBackup } from "../data/io/backup.ts";
import { addRestore } from "../data/io/restore.ts";
import { addDemo } from "../demo/io/demo.ts";
import { addDispatch } from "../dispatch/io/dispatch.ts";
import { addDoctor } from "../doctor/io/doctor.ts";
import { addEvents } from "../events/io/events.ts";
import { addExport } from "../export/io/export.ts";
import { addGroups } from "../groups/io/groups.ts";
import { addHosts } from "../hosts/io/hosts.ts";
import { addMcp } from "../mcp/io/mcp.ts";
import { addMetrics } from "../metrics/io/metrics.ts";
import { addOutput } from "../output/io/output.ts";
import { addPipeline } from "../pipelines/io/pipeline.ts";
import { addRuns } from "../runs/io/runs.ts";
import { addSchedules } from "../schedules/io/schedules.ts";
import { addServe } from "../serve/io/serve.ts";
import { addStore } from "../store/io/store.ts";
import { addToken } from "../token/io/token.ts";
import { addUsers } from "../users/io/users.ts";
import { addVerify } from "../verify/io/verify.ts";
import { addWatch } from "../watch/io/watch.ts";

const COMMANDS: readonly AddCommand[] = [
  addServe,
  addAgent,
  addDemo,
  addHosts,
  addGroups,
  addExport,
  addSchedules,
  addWatch,
  addDispatch,
  addPipeline,
  addRuns,
  addOutput,
  addEvents,
  addAlerts,
  addMetrics,
  addMcp,
  addVerify,
  addVerifyAudit,
  addDoctor,
  addToken,
  addUsers,
  addApiTokens,
  addBackup,
  addRestore,
  addStore,
  addAdmin,
  addCompletion,
];

/** These have said all that they say on standard output once they serve. */
const SERVERS: ReadonlySet<string> = new Set(["serve", "agent", "demo"]);

/** Runs the command line of this process, and ends the process as it says. */
export async function runProcess(): Promise<void> {
  const isServer = SERVERS.has(process.argv[2] ?? "");
  if (!isServer) process.stdout.on("error", endUnwritten);
  const status = await runCli(process.argv.slice(2), process.env);
  if (status !== null) process.exitCode = status;
  // Something may still be open: who waits for the status of a command that failed must not wait for ever.
  if (status !== null && status !== 0) setTimeout(() => process.exit(status), 500).unref();
}

/** Whoever reads the output may have seen enough, as head does. On a full disk it is not whole, which nobody must take for done. */
function endUnwritten({ code, message }: NodeJS.ErrnoException): void {
  if (code !== "EPIPE") process.stderr.write(`neverstale: the output can't be written: ${message}\n`);
  process.exit(EXIT.cannotTell);
}

/** Runs one command. Resolves with the exit status, or with null where a server goes on running. */
export async function runCli(argv: readonly string[], env: NodeJS.ProcessEnv): Promise<number | null> {
  dropEmpty(env);
  if (argv[0] === "agent") return await (await import("@neverstale/fleet-agent")).runAgent(argv.slice(1), env);
  const end: ProcessEnd = { status: EXIT.ok };
  try {
    await commandLine(end).parseAsync([...argv], { from: "user" });
    return end.status;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.cannotTell;
    process.stderr.write(`neverstale: ${errorText(error)}\n`);
    return error instanceof Failure ? error.exitCode : EXIT.no;
  }
}

/** An empty variable is one that isn't set: whoever starts this from a file of settings writes it so. */
function dropEmpty(env: NodeJS.ProcessEnv): void {
  for (const [name, value] of Object.entries(env)) if (name.startsWith("NEVERSTALE_") && value === "") delete env[name];
}

/** This is the one table of all commands. */
export function commandLine(end: ProcessEnd): Command {
  const root = new Command("neverstale")
    .description("a dashboard of your machines that is never stale")
    .version(packageVersion(new URL("../../package.json", import.meta.url)))
    .exitOverride()
    .showHelpAfterError("(add --help for what there is)")
    .addHelpText(
      "after",
      "\nExit status: 0 means done, 1 means no (the command's help says what that is), 2 means that nobody could tell, or that the\ncommand line is wrong.",
    );
  for (const add of COMMANDS) add(root, end);
  return root;
}
