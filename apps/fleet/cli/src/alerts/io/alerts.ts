/** `neverstale alerts` prints what needs somebody, and says that somebody has seen it or wants to hear nothing of it for a while. */

import { Alert, Host, Share, Silence, SilenceAnswer, StateAnswer, seenAlerts } from "@neverstale/fleet-domain";
import type { JsonObject } from "@neverstale/protocol";
import { type Command, InvalidArgumentError, Option } from "commander";
import type { AddCommand, ProcessEnd } from "../../command-line/command.ts";
import { EXIT, Failure } from "../../command-line/failure.ts";
import { durationBetween, type SignInFlags, withSignIn } from "../../command-line/flags.ts";
import { hostIdsOf } from "../../dispatch/host-names.ts";
import type { CommandLineSession } from "../../session/io/session.ts";
import { withSession } from "../../session/io/with-session.ts";
import { plainJson } from "../../terminal/plain-text.ts";
import { ALERT_FILTERS, type AlertFilter, alertLines, alertsAskedFor, silenceLines } from "../alert-lines.ts";

interface AlertsFlags extends SignInFlags {
  readonly status: AlertFilter;
  readonly json?: boolean;
}

interface SilenceFlags extends SignInFlags {
  readonly host?: readonly string[];
  readonly tag?: readonly string[];
  readonly for?: number;
  readonly until?: string;
  readonly from?: string;
  readonly reason: string;
  readonly json?: boolean;
}

const HELP_TEXT = `
The list ends with 1 when one of the alerts that are printed is firing, which nobody has acknowledged then.

Examples:
  neverstale alerts
  neverstale alerts list --status all --json | jq 'select(.severity == "critical")'
  neverstale alerts ack Xw2kq9
  neverstale alerts silence --tag rack-4 --for 2h --reason "new switch"`;

const DAY_MS = 86_400_000;

export const addAlerts: AddCommand = (root, end) => {
  const alerts = root.command("alerts").description("list and acknowledge alerts, and silence hosts");
  alerts.addHelpText("after", HELP_TEXT);
  withSignIn(alerts.command("list", { isDefault: true }).description("print alerts, the newest first"))
    .addOption(new Option("--status <status>", "only these").choices([...ALERT_FILTERS]).default("open"))
    .option("--json", "print one JSON object on each line")
    .action(async (flags: AlertsFlags) => {
      end.status = await withSession(flags, (session) => list(session, flags));
    });
  addById(alerts, end, "ack", "say that somebody has seen these alerts", (session, id) =>
    session.change("POST", `/api/alerts/${id}/acknowledge`),
  );
  addById(alerts, end, "resolve", "close these alerts, though what they say may still be so", (session, id) =>
    session.change("POST", `/api/alerts/${id}/resolve`),
  );
  withSignIn(alerts.command("silence").description("keep alerts about hosts from firing for a while"))
    .option("--host <host...>", "these, by their ids or by the names that an admin gave them")
    .option("--tag <tag...>", "hosts with one of these tags; without --host and --tag all hosts are meant")
    .addOption(
      new Option("--for <duration>", "for so long").argParser(durationBetween(60_000, 365 * DAY_MS, "1m to 365d")),
    )
    .addOption(new Option("--until <time>", "or until this time, such as 2026-12-02T02:00:00Z").argParser(time))
    .addOption(new Option("--from <time>", "begin then; default: now").argParser(time))
    .requiredOption("--reason <text>", "why, for those who look")
    .option("--json", "print one JSON object")
    .action(async (flags: SilenceFlags) => {
      await withSession(flags, (session) => silence(session, flags));
      end.status = EXIT.ok;
    });
  withSignIn(alerts.command("silences").description("print the silences"))
    .option("--json", "print one JSON object on each line")
    .action(async (flags: SignInFlags & { readonly json?: boolean }) => {
      const { silences = [] } = await withSession(flags, stateOf);
      const found = silences.map((one) => Silence.parse(one));
      print(flags.json === true ? found.map((one) => plainJson(JSON.stringify(one))) : silenceLines(found));
      end.status = EXIT.ok;
    });
  addById(alerts, end, "unsilence", "end these silences before their time", (session, id) =>
    session.change("DELETE", `/api/silences/${id}`),
  );
};

type ById = (session: CommandLineSession, id: string) => Promise<unknown>;

function addById(alerts: Command, end: ProcessEnd, name: string, description: string, run: ById): void {
  withSignIn(alerts.command(name).description(description))
    .argument("<id...>", "their ids, as the list prints them")
    .option("--json", "print one JSON object for each: its id, and where its effect is in the state")
    .action(async (ids: readonly string[], flags: SignInFlags & { readonly json?: boolean }) => {
      await withSession(flags, async (session) => {
        for (const id of ids) {
          const answer = (await run(session, encodeURIComponent(id))) as JsonObject;
          if (flags.json === true) print([plainJson(JSON.stringify({ id, ...answer }))]);
        }
      });
      end.status = EXIT.ok;
    });
}

async function list(session: CommandLineSession, { status, json }: AlertsFlags): Promise<number> {
  const { alerts = [], hosts = [], shares = [] } = await stateOf(session);
  const whole = alerts.map((alert) => Alert.parse(alert));
  const parts = shares.map((share) => Share.parse(share));
  const seen = seenAlerts({ alerts: byIds(whole), shares: byIds(parts) });
  const found = alertsAskedFor(seen, status);
  const byId = new Map(hosts.map((host) => [host.id, Host.parse(host)]));
  print(json === true ? found.map((alert) => plainJson(JSON.stringify(alert))) : alertLines(found, byId));
  return found.some((alert) => alert.status === "firing") ? EXIT.no : EXIT.ok;
}

function byIds<R extends { readonly id: string }>(records: readonly R[]): ReadonlyMap<string, R> {
  return new Map(records.map((record) => [record.id, record]));
}

async function silence(session: CommandLineSession, flags: SilenceFlags): Promise<void> {
  const { host = [], tag, from, reason, json } = flags;
  const until = flags.for === undefined ? flags.until : new Date(startOf(flags) + flags.for).toISOString();
  if (until === undefined || (flags.for !== undefined && flags.until !== undefined))
    throw new Failure("a silence has one end", { hint: "Give --for DURATION, or --until TIME." });
  const hosts = hostIdsOf(
    host,
    ((await stateOf(session)).hosts ?? []).map((one) => Host.parse(one)),
  );
  if (!hosts.ok) throw new Failure(hosts.problem);
  const asked = {
    ...{ until, reason },
    ...(from !== undefined && { from }),
    ...(hosts.value.length > 0 && { hosts: hosts.value }),
    ...(tag !== undefined && { tags: tag }),
  };
  const { silenceId } = SilenceAnswer.parse(await session.postJson("/api/silences", asked));
  print([json === true ? plainJson(JSON.stringify({ id: silenceId, ...asked })) : silenceId]);
}

function startOf({ from }: SilenceFlags): number {
  return from === undefined ? Date.now() : Date.parse(from);
}

async function stateOf(session: CommandLineSession): Promise<StateAnswer["state"]> {
  return StateAnswer.parse(await session.getJson("/api/state")).state;
}

function time(text: string): string {
  const at = /^\d{4}-\d\d-\d\d/.test(text) ? Date.parse(text) : Number.NaN;
  if (!Number.isNaN(at)) return new Date(at).toISOString();
  throw new InvalidArgumentError("Expected a time such as 2026-12-02T02:00:00Z.");
}

function print(lines: readonly string[]): void {
  for (const line of lines) process.stdout.write(`${line}\n`);
}
