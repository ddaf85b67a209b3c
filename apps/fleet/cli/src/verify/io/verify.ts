/** `neverstale verify` follows the fleet as a dashboard does, and compares what it has with what the server has. */

import { setTimeout as delay } from "node:timers/promises";
import type { Divergence, StateSync } from "@neverstale/client";
import { type Fleet, fleet, StateAnswer } from "@neverstale/fleet-domain";
import { type AnyState, digestOf, type WireState } from "@neverstale/protocol";
import { Option } from "commander";
import type { AddCommand } from "../../command-line/command.ts";
import { Failure } from "../../command-line/failure.ts";
import { integerBetween, type SignInFlags, withSignIn } from "../../command-line/flags.ts";
import type { CommandLineSession } from "../../session/io/session.ts";
import { waitUntil } from "../../session/io/wait-until.ts";
import { withSession } from "../../session/io/with-session.ts";
import { compareStates, copyOf } from "../compare.ts";
import { isEqual, type Verdict, verdictExit, verdictLines } from "../verdict.ts";

interface VerifyFlags extends SignInFlags {
  readonly seconds: number;
  readonly json?: boolean;
}

const HELP_TEXT = `
Status: 0 means equal, 1 that something differs (the records are named), 2 that nobody could tell.

Examples:
  neverstale verify http://127.0.0.1:8080
  neverstale verify --seconds 600 --json`;

export const addVerify: AddCommand = (root, end) => {
  withSignIn(
    root.command("verify").description("follow a server for a while and prove that what is shown is what it has"),
  )
    .argument("[url]", "the server, instead of --url")
    .addOption(new Option("--seconds <number>", "how long to follow").default(10).argParser(integerBetween(0, 86_400)))
    .option("--json", "print the result as one JSON object")
    .addHelpText("after", HELP_TEXT)
    .action(async (url: string | undefined, flags: VerifyFlags) => {
      const signIn = url === undefined ? flags : { ...flags, url };
      const verdict = await withSession(signIn, (session, signal) => verify(session, flags, signal));
      process.stdout.write(`${flags.json === true ? JSON.stringify(verdict) : verdictLines(verdict).join("\n")}\n`);
      end.status = verdictExit(verdict);
    });
};

const CONNECT_MS = 15_000;
/** The replica may take so long to come to the version that the server has shown. */
const REACH_MS = 10_000;
const ATTEMPTS = 20;

/**
 * Compares the digest with the authority's wherever the authority gives one. At the end it compares the whole state record by
 * record with `GET /api/state` at one and the same version.
 */
async function verify(session: CommandLineSession, { seconds }: VerifyFlags, signal: AbortSignal): Promise<Verdict> {
  const divergences: Divergence[] = [];
  const sync = session.follow({ model: fleet.model, onDivergence: (found) => divergences.push(found) });
  try {
    await untilLive(sync, signal);
    await delay(seconds * 1000, undefined, { signal }).catch(() => {});
    const compared = (await compareAtOneVersion(session, sync)) ?? neverCompared(sync);
    const { digestChecks, digestMismatches } = sync.counters;
    const found = { ...compared, digestChecks, digestMismatches, divergences };
    return { equal: isEqual(found), ...found };
  } finally {
    sync.stop();
  }
}

async function untilLive(sync: StateSync<Fleet>, signal: AbortSignal): Promise<void> {
  const late = AbortSignal.timeout(CONNECT_MS);
  await waitUntil(sync, () => sync.status.type === "live", AbortSignal.any([signal, late]));
  if (sync.status.type !== "live") {
    throw new Failure(`the replica did not get live: ${sync.status.type}`, {
      hint: sync.view.error?.hint ?? "Is the server running?",
    });
  }
}

/** This says where the two were compared, the digest of what the replica showed there, and what differed. */
type Compared = Pick<Verdict, "epoch" | "version" | "digest" | "differences">;

function neverCompared(sync: StateSync<Fleet>): Compared {
  return { epoch: sync.epoch, version: sync.version, digest: sync.digest(), differences: null };
}

/** Returns null when it never came to that. A busy fleet moves on between two looks, so it is tried a few times. */
async function compareAtOneVersion(session: CommandLineSession, sync: StateSync<Fleet>): Promise<Compared | null> {
  const collections = Object.keys(fleet.collections);
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const shown = new Map<string, AnyState>();
    const keep = () => shown.set(`${sync.epoch} ${sync.version}`, copyOf(sync.state as AnyState, collections));
    keep();
    const unsubscribe = sync.subscribe(keep);
    try {
      const { epoch, version, state } = StateAnswer.parse(await session.getJson("/api/state"));
      await sync.reached({ epoch, version }, { signal: AbortSignal.timeout(REACH_MS) }).catch(() => {});
      const ours = shown.get(`${epoch} ${version}`);
      if (ours === undefined) continue;
      return { epoch, version, digest: digestOf(ours), differences: compareStates(ours, state as WireState) };
    } finally {
      unsubscribe();
    }
  }
  return null;
}
