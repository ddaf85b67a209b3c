/** `neverstale events` prints what happened and who did it, and goes on with what happens. */

import { type Event, fleet, Host, StateAnswer } from "@neverstale/fleet-domain";
import { Option } from "commander";
import type { AddCommand } from "../../command-line/command.ts";
import { EXIT, Failure } from "../../command-line/failure.ts";
import { integerBetween, type SignInFlags, withSignIn } from "../../command-line/flags.ts";
import { hostIdsOf } from "../../dispatch/host-names.ts";
import { aborted } from "../../session/io/interrupt.ts";
import type { CommandLineSession } from "../../session/io/session.ts";
import { withSession } from "../../session/io/with-session.ts";
import { plainJson } from "../../terminal/plain-text.ts";
import { type EventFilter, eventLine } from "../event-lines.ts";
import { EventFollower, type FollowedEvents } from "./event-follower.ts";
import { newestEvents } from "./past-events.ts";

interface EventsFlags extends SignInFlags {
  readonly category?: readonly string[];
  readonly level?: readonly string[];
  readonly host?: readonly string[];
  readonly actor?: string;
  readonly limit: number;
  readonly follow?: boolean;
  readonly json?: boolean;
}

const HELP_TEXT = `
The oldest of them comes first. -f goes on until Ctrl-C, over cuts and restarts of the server: each event comes once, and none is passed over.

Examples:
  neverstale events --limit 20
  neverstale events -f --level warn error
  neverstale events --category audit --actor ada --limit 1000 --json > ada.ndjson`;

export const addEvents: AddCommand = (root, end) => {
  withSignIn(root.command("events").description("print what happened, and follow what happens"))
    .option("-f, --follow", "go on with what happens")
    .addOption(new Option("--category <category...>", "only these").choices(["audit", "system", "error"]))
    .addOption(new Option("--level <level...>", "only these").choices(["info", "success", "warn", "error"]))
    .option("--host <host...>", "only about these, by their ids or by the names that an admin gave them")
    .option("--actor <name>", "only what this user, agent:<host> or server did")
    .addOption(
      new Option("--limit <number>", "so many of the past at most").default(50).argParser(integerBetween(0, 100_000)),
    )
    .option("--json", "print one JSON object on each line")
    .addHelpText("after", HELP_TEXT)
    .action(async (flags: EventsFlags) => {
      await withSession(flags, (session, signal) => events(session, flags, signal));
      end.status = EXIT.ok;
    });
};

async function events(session: CommandLineSession, flags: EventsFlags, signal: AbortSignal): Promise<void> {
  const filter = await filterOf(session, flags);
  const put = (event: Event) => {
    process.stdout.write(`${flags.json === true ? plainJson(JSON.stringify(event)) : eventLine(event)}\n`);
  };
  if (flags.follow === true) await follow(session, { filter, limit: flags.limit, put }, signal);
  else for (const event of await newestEvents(session, filter, flags.limit)) put(event);
}

async function filterOf(session: CommandLineSession, flags: EventsFlags): Promise<EventFilter> {
  const { category, level, host, actor } = flags;
  const given = {
    ...(category !== undefined && { category }),
    ...(level !== undefined && { level }),
    ...(actor !== undefined && { actor }),
  };
  if (host === undefined) return given;
  const { state } = StateAnswer.parse(await session.getJson("/api/state"));
  const found = hostIdsOf(
    host,
    (state.hosts ?? []).map((one) => Host.parse(one)),
  );
  if (!found.ok) throw new Failure(found.problem);
  return { ...given, host: found.value };
}

async function follow(session: CommandLineSession, followed: FollowedEvents, signal: AbortSignal): Promise<void> {
  const sync = session.follow({ model: fleet.model });
  const follower = new EventFollower(session, sync, followed);
  const signedOut = new Promise<"signed out">((resolve) => {
    sync.subscribe(() => {
      if (sync.status.type === "signed_out") resolve("signed out");
      else follower.look();
    });
  });
  const why = await Promise.race([signedOut, aborted(signal)]);
  sync.stop();
  if (why === "signed out")
    throw new Failure("signed out by the server", { hint: "Sign in again: start the command once more." });
}
