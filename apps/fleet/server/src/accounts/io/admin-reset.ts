/** An admin who is locked out resets the account on the server's own machine, by files in the data directory. */

import { chownSync, existsSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { Turns } from "@neverstale/base";
import { z } from "zod";
import type { Log } from "../../fleet/log.ts";
import type { Clocks } from "../../fleet/moment.ts";
import { decidesHere, type FleetManager } from "../../fleet/state.ts";
import type { Transactions } from "../../fleet/transact.ts";
import { databaseIn } from "../../process/io/data-directory.ts";
import { StartFailure } from "../../process/start-failure.ts";
import { resetAdmin } from "../decide.ts";
import { hashOf, newSecret } from "./secrets.ts";
import type { Sessions } from "./sessions.ts";
import { linkTo, type SetupLink } from "./setup-link.ts";

/*
 * `neverstale admin reset` and the server speak by files in the data directory, which its owner alone can write. So a reset works
 * while the server runs, and while it does not.
 */

/** It asks for a reset, and waits for a server that runs. */
export async function askForReset(dataDir: string): Promise<AskedReset> {
  if (!existsSync(databaseIn(dataDir)) && !existsSync(runningIn(dataDir)))
    throw new StartFailure(`${dataDir} is no data directory of a server`, "Name the server's own with --data-dir.");
  const token = newSecret();
  writePrivate(requestIn(dataDir), JSON.stringify({ tokenHash: hashOf(token), askedMs: Date.now() } satisfies Request));
  giveToOwner(requestIn(dataDir), dataDir);
  const running = readRunning(dataDir);
  const until = performance.now() + (running?.runs === true ? PATIENCE_MS : 0);
  while (existsSync(requestIn(dataDir)) && performance.now() < until) await delay(LOOK_MS / 5);
  return {
    link: linkTo(running?.address ?? "http://127.0.0.1:8080", token),
    isDone: !existsSync(requestIn(dataDir)),
  };
}

export interface AskedReset {
  readonly link: string;
  /** False means that no server works on the data. The next start does what was asked for. */
  readonly isDone: boolean;
}

/** It looks for requests while the server runs, and returns how to stop. */
export function watchForResets(parts: ResetParts, dataDir: string): () => Promise<void> {
  const turns = new Turns();
  const timer = setInterval(() => {
    if (turns.free) void turns.take(() => carryOutReset(parts, dataDir));
  }, LOOK_MS);
  return async () => {
    clearInterval(timer);
    await turns.take(() => {});
  };
}

/** It does what was asked for, and returns true when somebody holds a link that is good from now on. */
export async function carryOutReset(parts: ResetParts, dataDir: string): Promise<boolean> {
  return await reset(parts, dataDir).catch((error: unknown) => {
    parts.log.error({ err: error }, "admin could not be reset; it is tried again");
    return false;
  });
}

async function reset(
  { manager, transactions, sessions, setupLink, clocks, log }: ResetParts,
  dataDir: string,
): Promise<boolean> {
  const path = requestIn(dataDir);
  if (!existsSync(path)) return false;
  const request = readRequest(path);
  // The link is kept where changes are decided. So a node that is asked for a reset decides them from then on.
  if (!decidesHere(manager)) await manager.takeOver();
  const { result: ended } = await transactions.transact(resetAdmin);
  sessions.closeEnded(ended, () => true);
  const linkIsGood = request !== null && Math.abs(clocks.now() - request.askedMs) < LINK_WAITS_MS;
  if (linkIsGood) setupLink.take(request.tokenHash, clocks.steadyNow());
  else setupLink.drop();
  rmSync(path, { force: true, recursive: true });
  log.warn({ linkIsGood }, "admin was reset by neverstale admin reset");
  return linkIsGood;
}

export interface ResetParts {
  readonly manager: FleetManager;
  readonly transactions: Transactions;
  readonly sessions: Sessions;
  readonly setupLink: SetupLink;
  readonly clocks: Clocks;
  readonly log: Log;
}

const LOOK_MS = 500;
/** A server that runs is waited for so long. */
const PATIENCE_MS = 10_000;
/** A link that was asked for longer ago is not good any more. A start then prints a new one. */
const LINK_WAITS_MS = 60 * 60_000;

/** A request holds the link's token as a hash, and when it was asked for, in ms since 1970. */
const Request = z.object({ tokenHash: z.string().regex(/^[0-9a-f]{64}$/), askedMs: z.number() });
type Request = z.infer<typeof Request>;

/** The server that works here is found at this address, or was found there last. */
const Running = z.object({ address: z.string(), runs: z.boolean() });

function requestIn(dataDir: string): string {
  return join(dataDir, "admin-reset.json");
}

function runningIn(dataDir: string): string {
  return join(dataDir, "address.json");
}

/** It notes where the server is found, because a link is made of that. Nothing else depends on it, so a full disk stops nobody. */
export function noteAddress(log: Log, dataDir: string, address: string, runs: boolean): void {
  try {
    writePrivate(runningIn(dataDir), JSON.stringify({ address, runs }));
  } catch (error) {
    log.warn({ err: error }, "where the server is found could not be noted");
  }
}

function readRequest(path: string): Request | null {
  try {
    return Request.parse(JSON.parse(readFileSync(path, "utf8")));
  } catch {
    return null; // Whoever wrote the file may write here. So the reset is done, without a link.
  }
}

function readRunning(dataDir: string): z.infer<typeof Running> | null {
  try {
    return Running.parse(JSON.parse(readFileSync(runningIn(dataDir), "utf8")));
  } catch {
    return null; // No server was ever started here.
  }
}

/** The file is written whole or not at all. */
function writePrivate(path: string, text: string): void {
  try {
    writeFileSync(`${path}.new`, text, { mode: 0o600 });
    renameSync(`${path}.new`, path);
  } catch (error) {
    throw new StartFailure(`${path} can't be written`, "Let this user write there, and free space.", error);
  }
}

/** When root asks, the server's own user must be able to read it. */
function giveToOwner(path: string, dataDir: string): void {
  if (process.getuid?.() !== 0) return;
  const { uid, gid } = statSync(dataDir);
  chownSync(path, uid, gid);
}
