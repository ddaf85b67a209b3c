/** `neverstale metrics` shows what a host's machine did over a while. */

import { Host, HostMetricsAnswer, labelOf, METRIC_STEPS, StateAnswer } from "@neverstale/fleet-domain";
import { InvalidArgumentError, Option } from "commander";
import type { AddCommand } from "../../command-line/command.ts";
import { EXIT, Failure } from "../../command-line/failure.ts";
import { type SignInFlags, withSignIn } from "../../command-line/flags.ts";
import { hostIdsOf } from "../../dispatch/host-names.ts";
import type { CommandLineSession } from "../../session/io/session.ts";
import { withSession } from "../../session/io/with-session.ts";
import { oneLine } from "../../terminal/plain-text.ts";
import { chartLines } from "../chart.ts";
import { timeOf } from "../time-of.ts";

interface MetricsFlags extends SignInFlags {
  readonly from?: number;
  readonly to?: number;
  readonly step?: string;
  readonly json?: boolean;
}

const HELP_TEXT = `
Without times it is the last hour. The server keeps points that are 10 s, 1 min and 10 min apart for a while each
(serve --keep-metrics). A hole means that nothing was told.

Examples:
  neverstale metrics web-1 --password-file admin.txt
  neverstale metrics web-1 --from 30d --json | jq .metrics.cpu
  neverstale metrics web-1 --from 2026-03-01T12:00:00Z --to 2026-03-01T18:00:00Z --step 60`;

export const addMetrics: AddCommand = (root, end) => {
  withSignIn(root.command("metrics").description("show how busy a host was"))
    .argument("<host>", "the host, by its id or by the name that an admin gave it")
    .addOption(new Option("--from <time>", "the first time, or how long ago it was: 6h").argParser(pastTime))
    .addOption(new Option("--to <time>", "the last time, or how long ago it was").argParser(pastTime))
    .addOption(new Option("--step <seconds>", "from one point to the next; default: as it fits").choices(METRIC_STEPS))
    .option("--json", "print the answer of the server as it is")
    .addHelpText("after", HELP_TEXT)
    .action(async (name: string, flags: MetricsFlags) => {
      const lines = await withSession(flags, (session) => metricsOf(session, name, flags));
      for (const line of lines) process.stdout.write(`${line}\n`);
      end.status = EXIT.ok;
    });
};

function pastTime(text: string): number {
  const time = timeOf(text, Date.now());
  if (time !== null) return time;
  throw new InvalidArgumentError("Expected a time such as 2026-03-01T12:00:00Z, or how long ago it was, such as 6h.");
}

async function metricsOf(session: CommandLineSession, name: string, flags: MetricsFlags): Promise<string[]> {
  const { state } = StateAnswer.parse(await session.getJson("/api/state"));
  const hosts = (state.hosts ?? []).map((host) => Host.parse(host));
  const found = hostIdsOf([name], hosts);
  if (!found.ok) throw new Failure(found.problem);
  const host = hosts.find(({ id }) => id === found.value[0]);
  if (host === undefined || found.value.length > 1)
    throw new Failure("one host at a time", { hint: "Say which one, by its id." });
  const answer = HostMetricsAnswer.parse(await session.getJson(pathOf(host.id, flags)));
  if (flags.json === true) return [JSON.stringify(answer)];
  return chartLines(answer, oneLine(labelOf(host)), widthOf(process.stdout.columns));
}

function pathOf(id: string, { from, to, step }: MetricsFlags): string {
  const query = new URLSearchParams({
    ...(from !== undefined && { from: new Date(from).toISOString() }),
    ...(to !== undefined && { to: new Date(to).toISOString() }),
    ...(step !== undefined && { step }),
  });
  return `/api/hosts/${encodeURIComponent(id)}/metrics?${query}`;
}

/** Beside the bars there is the name of the metric, and its figures. */
function widthOf(columns: number | undefined): number {
  return Math.max(10, (columns ?? 120) - 60);
}
