/** A demo is a server whose hosts and work are made up. */

import type { Millis } from "@neverstale/base";
import { hashOf, newSecret } from "../../accounts/io/secrets.ts";
import { makeEnrollmentToken } from "../../agents/enroll.ts";
import { note } from "../../fleet/note.ts";
import { decidesHere } from "../../fleet/state.ts";
import type { RunningFleet } from "../../process/io/start.ts";
import { startMadeUpWork } from "../made-up-work.ts";

/** Hosts that enrol with the token are marked as made up. An event tells everybody who looks, too. */
export async function makeDemoToken({ parts }: Pick<RunningFleet, "parts">, hosts: number): Promise<string> {
  const token = newSecret();
  await parts.transactions.transact((work) => {
    makeEnrollmentToken(work, hashOf(token), "demo", { label: "made-up hosts", tags: ["made-up"], uses: hosts });
    const message = `neverstale demo: ${hosts} hosts and all that runs on them are made up`;
    note(work, { category: "system", level: "info", actor: "demo", action: "demo_started", message });
  });
  return token;
}

/** Work begins now and then. This returns how to end that. */
export function beginMadeUpWork({ manager, parts }: RunningFleet, everyMs: Millis): () => void {
  let round = 0;
  const timer = setInterval(() => {
    if (!decidesHere(manager)) return;
    const number = round++;
    parts.transactions
      .transact((work) => startMadeUpWork(work, number, Math.random))
      .catch((error: unknown) => parts.log.warn({ err: error }, "made-up work could not be started"));
  }, everyMs);
  timer.unref();
  return () => clearInterval(timer);
}
