/** A session's cookie says who is signed in. Sessions are stored, or kept in memory while the store takes no changes. */

import type { Session } from "@neverstale/fleet-domain";
import type { Clocks } from "../../fleet/moment.ts";
import { accountsIn, type FleetManager } from "../../fleet/state.ts";
import type { Transactions } from "../../fleet/transact.ts";
import type { AskedFrom, Work } from "../../fleet/work.ts";
import type { OpenSockets } from "../../http/open-sockets.ts";
import type { RefusalLog } from "../../http/refusal-log.ts";
import type { RequestHeaders, ShownSession } from "../../http/route.ts";
import type { Cookies } from "../cookies.ts";
import {
  endSession,
  hasEnded,
  type Opening,
  openSession,
  proveSession,
  type SessionSource,
  type SignedIn,
  seeSessions,
  signedIn,
  unseenSessions,
} from "../decide.ts";
import { MemorySessions } from "../memory-sessions.ts";
import { hashOf, newSecret } from "./secrets.ts";

export class Sessions {
  readonly #parts: SessionsParts;
  readonly #inMemory = new MemorySessions();

  constructor(parts: SessionsParts) {
    this.#parts = parts;
  }

  get metrics(): { readonly memorySessions: number } {
    return { memorySessions: this.#inMemory.size };
  }

  /** It returns the session of the cookie, as it is now, or null when there is none or it has ended. */
  of(headers: RequestHeaders): ShownSession | null {
    for (const secret of this.#parts.cookies.sessionSecrets(headers)) {
      const found = secret === "" ? null : this.#signedIn(hashOf(secret));
      if (found !== null) return { ...found, secret };
    }
    return null;
  }

  #signedIn(hash: string): SignedIn | null {
    const { manager, clocks } = this.#parts;
    const accounts = accountsIn(manager);
    const session = accounts?.sessions.get(hash) ?? this.#inMemory.get(hash);
    return accounts === null ? null : signedIn(accounts, session, clocks.now());
  }

  /**
   * It keeps a session from ending while it is used. That is stored once a minute at most, and the request does not wait for it.
   */
  touch({ session }: SignedIn): void {
    this.see([session.id]).catch((error: unknown) =>
      this.#parts.refusalLog.failed("session_seen", { err: error }, "a session could not be stored as seen"),
    );
  }

  /** The sockets of a session use it as well, because a dashboard may be looked at for days without a request. */
  async see(hashes: readonly string[]): Promise<void> {
    const { manager, transactions, clocks } = this.#parts;
    const accounts = accountsIn(manager);
    this.#inMemory.see(hashes, transactions.moment().iso);
    if (accounts === null || unseenSessions(accounts, hashes, clocks.now()).length === 0) return;
    await transactions.transactAnywhere((work) => seeSessions(work, hashes));
  }

  /**
   * It opens a session and returns its secret: a new one at each sign-in, stored as a hash (C15). `prepare` says who came in, and
   * how.
   */
  async open(from: SessionSource, prepare: (work: Work) => Omit<Opening, keyof SessionSource>): Promise<string> {
    const secret = newSecret();
    const { sockets, transactions } = this.#parts;
    const { address } = from;
    const open = (work: Work) => {
      work.askedBy({ ...(address !== undefined && { address }), session: hashOf(secret).slice(0, 22) });
      return openSession(work, hashOf(secret), { ...from, ...prepare(work) });
    };
    const { result: ended } = await transactions.transact(open);
    sockets.revokeSessions(ended);
    await transactions.untilEverywhere(); // The next request may come to another node.
    return secret;
  }

  /** Whoever frees a full disk must be able to look. Such a session ends with this process. */
  openInMemory(user: string, from: SessionSource): string {
    const secret = newSecret();
    this.#inMemory.open(user, hashOf(secret), this.#parts.transactions.moment().iso, from);
    return secret;
  }

  /** It returns the sessions of a user that have not ended, the newest first. */
  listOf(user: string): Session[] {
    const { manager, clocks } = this.#parts;
    const stored = accountsIn(manager)?.sessions.values() ?? [];
    return [...stored, ...this.#inMemory.list()]
      .filter((session) => session.user === user && !hasEnded(session, clocks.now()))
      .sort((a, b) => (a.createdAt < b.createdAt ? 1 : -1));
  }

  /** Its user has shown just now who that is. `use` takes what was shown, in the same transaction. */
  async prove({ id }: Session, use: (work: Work) => void): Promise<void> {
    const { transactions } = this.#parts;
    await transactions.transact((work) => {
      use(work);
      proveSession(work, id);
    });
    this.#inMemory.prove(id, transactions.moment().iso);
    await transactions.untilEverywhere();
  }

  /** Its sockets are closed before this resolves (rule A11). */
  async end(session: Session, by: string, askedFrom: AskedFrom): Promise<void> {
    const { sockets, transactions } = this.#parts;
    sockets.revokeSessions([session.id]); // They are closed now, so that not even this change reaches them, and again for one that came in between.
    if (!this.#inMemory.end(session.id))
      await transactions.transact((work) => endSession(work.askedBy(askedFrom), session, by));
    sockets.revokeSessions([session.id]);
    await transactions.untilEverywhere();
  }

  /** It closes the sockets of stored sessions that have ended, and ends those sessions in memory that match, with their sockets. */
  closeEnded(hashes: readonly string[], matches: (session: Session) => boolean = () => false): void {
    this.#parts.sockets.revokeSessions([...hashes, ...this.#inMemory.endAll(matches)]);
  }

  /** It ends those sessions in memory that nobody has used for too long, or that are too old. */
  endOldInMemory(): void {
    this.#parts.sockets.revokeSessions(this.#inMemory.endOld(this.#parts.clocks.now()));
  }
}

export interface SessionsParts {
  readonly manager: FleetManager;
  readonly transactions: Transactions;
  readonly cookies: Cookies;
  readonly sockets: OpenSockets;
  readonly refusalLog: RefusalLog;
  readonly clocks: Clocks;
}
