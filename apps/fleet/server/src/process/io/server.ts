import { randomBytes } from "node:crypto";
import { ACCOUNTS_SPACE, type Accounts, type Fleet, type fleetModel, type Settled } from "@neverstale/fleet-domain";
import { type JsonValue, SyncError } from "@neverstale/protocol";
import { type Applied, MAIN_SPACE, type StateManager, type TransactOptions } from "@neverstale/server";
import type { Logger } from "pino";
import { Acquainted } from "../../accounts/acquainted.ts";
import { type CookieKind, type CookiePlace, cookieKind } from "../../accounts/cookies.ts";
import { type SignedIn, signedIn } from "../../accounts/decide.ts";
import { Passwords } from "../../accounts/io/passwords.ts";
import type { ServerKey } from "../../accounts/io/server-key.ts";
import { SetupLink } from "../../accounts/io/setup-link.ts";
import { MemorySessions } from "../../accounts/memory-sessions.ts";
import { NEVER_HEARD, type Presence } from "../../agents/presence.ts";
import { OFFLINE_AFTER_MS } from "../../commands/catalogue.ts";
import { HostBudgets, type HostLimits } from "../../fleet/host-budgets.ts";
import type { Moment } from "../../fleet/moment.ts";
import { note } from "../../fleet/note.ts";
import { Work } from "../../fleet/work.ts";
import { addressGroup } from "../../http/address-group.ts";
import type { TrustedProxies } from "../../http/io/client-address.ts";
import { type ConnectionLimits, Connections } from "../../http/io/connections.ts";
import { OpenSockets, type SocketLimits } from "../../http/io/open-sockets.ts";
import type { Origins } from "../../http/origins.ts";
import { RefusalSampler } from "../../http/refusal-sampler.ts";
import { Throttle, type ThrottleOptions } from "../../http/throttle.ts";
import type { LogStream } from "./log-stream.ts";

export type FleetManager = StateManager<ReturnType<typeof fleetModel>>;

/** Closes the sockets of those it is asked about; the close code, or null to leave one open (rule A11). */
export type Revoke = (judge: (subject: Subject) => null | 4401 | 4403) => void;

/** Whom a socket belongs to. */
export type Subject =
  | { readonly kind: "user"; readonly user: string; readonly sessionHash: string }
  | { readonly kind: "agent"; readonly host: string };

export interface RateLimits {
  /** Requests of one address that show neither a session nor a credential. */
  readonly requests: ThrottleOptions;
  /** Requests of one session. */
  readonly session: ThrottleOptions;
  /** Requests of one host's agent. */
  readonly host: ThrottleOptions;
  /** Sign-ins and enrolments tried by one address, or by one device that has signed in before. */
  readonly attempts: ThrottleOptions;
  /** Sign-ins to one account tried by one address: whoever guesses locks out nobody who comes from elsewhere. */
  readonly account: ThrottleOptions;
  /**
   * Passwords tried by everyone together, and as many by all who signed in before. More than one address may try, so
   * that none uses it up for the others.
   */
  readonly passwords: ThrottleOptions;
}

export const DEFAULT_RATE_LIMITS: RateLimits = {
  requests: { burst: 3000, perSecond: 500 },
  session: { burst: 3000, perSecond: 500 },
  host: { burst: 600, perSecond: 60 },
  attempts: { burst: 10, perSecond: 1 / 6 },
  account: { burst: 20, perSecond: 1 / 10 },
  passwords: { burst: 200, perSecond: 2 },
};

export interface ServerParts {
  readonly manager: FleetManager;
  readonly origins: Origins;
  readonly log: Logger;
  readonly rateLimits: RateLimits;
  readonly proxies: TrustedProxies;
  readonly socketLimits: SocketLimits;
  readonly hostLimits: Partial<HostLimits>;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Milliseconds of a clock that nobody sets, for what waits and for what is counted by the second. */
  readonly steadyNow: () => number;
  readonly key: ServerKey;
  /** Behind the host in the addresses that browsers use; empty: nothing. */
  readonly basePath: string;
  readonly connectionLimits: ConnectionLimits;
  /** Where the log goes, when it is the server's own. */
  readonly logStream: LogStream | null;
}

/** Whether a change was refused because it can't be stored now: nothing has moved, and all else goes on. */
export function isStoreAway(error: unknown): error is SyncError {
  return error instanceof SyncError && error.code === "store_unavailable";
}

/** What every route works with. */
export class Server {
  readonly manager: FleetManager;
  readonly origins: Origins;
  readonly log: Logger;
  readonly now: () => number;
  readonly steadyNow: () => number;
  readonly key: ServerKey;
  readonly basePath: string;
  readonly connections: Connections;
  readonly logStream: LogStream | null;
  readonly refusals = new RefusalSampler();
  readonly acquainted = new Acquainted();
  readonly memorySessions = new MemorySessions();
  readonly passwords = new Passwords();
  readonly setupLink = new SetupLink();
  readonly sockets: OpenSockets;
  readonly budgets: HostBudgets;
  readonly requests: Throttle;
  readonly sessionRequests: Throttle;
  readonly hostRequests: Throttle;
  readonly attempts: Throttle;
  readonly accountAttempts: Throttle;
  readonly passwordAttempts: Throttle;
  readonly proxies: TrustedProxies;
  port = 0;
  draining = false;
  /** Since when the store has taken no changes, and why; null while it takes them. */
  storeTrouble: { readonly since: string; readonly why: string } | null = null;
  revoke: Revoke = () => {};
  readonly #startedMs: number;
  readonly #presences = new Map<string, Presence>();
  readonly #heardMs = new Map<string, number>();

  constructor(parts: ServerParts) {
    this.manager = parts.manager;
    this.origins = parts.origins;
    this.log = parts.log;
    this.now = parts.now;
    this.steadyNow = parts.steadyNow;
    this.key = parts.key;
    this.basePath = parts.basePath;
    this.connections = new Connections(parts.connectionLimits);
    this.logStream = parts.logStream;
    this.#startedMs = parts.steadyNow();
    this.sockets = new OpenSockets(parts.socketLimits);
    this.budgets = new HostBudgets(parts.hostLimits);
    this.requests = new Throttle(parts.rateLimits.requests);
    this.sessionRequests = new Throttle(parts.rateLimits.session);
    this.hostRequests = new Throttle(parts.rateLimits.host);
    this.attempts = new Throttle(parts.rateLimits.attempts);
    this.accountAttempts = new Throttle(parts.rateLimits.account);
    this.passwordAttempts = new Throttle(parts.rateLimits.passwords);
    this.proxies = parts.proxies;
  }

  /** Of one address a few refusals a minute are told, and how many were not: a log is not to be filled by anyone (C13). */
  logRefusal(address: string, about: object, message: string): void {
    const leftOut = this.refusals.sample(addressGroup(address), this.steadyNow());
    if (leftOut !== null) this.log.warn(leftOut === 0 ? about : { ...about, leftOut }, message);
  }

  /** The same for requests that fail here: a full disk fails all of them. */
  logFailure(code: string, about: object, message: string): void {
    const leftOut = this.refusals.sample(`failure ${code}`, this.steadyNow());
    if (leftOut !== null) this.log.error(leftOut === 0 ? about : { ...about, leftOut }, message);
  }

  moment(): Moment {
    const ms = this.now();
    return { ms, iso: new Date(ms).toISOString(), newId: () => randomBytes(16).toString("base64url") };
  }

  get fleet(): Fleet {
    return this.manager.state;
  }

  get accounts(): Accounts | null {
    return (this.manager.space(ACCOUNTS_SPACE)?.state as Accounts | undefined) ?? null;
  }

  /** The kinds of session cookie that may be believed: on https only the one that nobody else can set. Older ones had the port. */
  get cookieKinds(): CookieKind[] {
    return [...this.origins.schemes].flatMap((scheme) => {
      const own = cookieKind(scheme, this.cookiePlace);
      return own.secure ? [own] : [own, cookieKind(scheme, { ...this.cookiePlace, id: this.port })];
    });
  }

  /** Closes the sockets of sessions that have ended (rule A11). */
  revokeSessions(hashes: readonly string[]): void {
    const ended = new Set(hashes);
    if (ended.size > 0)
      this.revoke((subject) => (subject.kind === "user" && ended.has(subject.sessionHash) ? 4401 : null));
  }

  get cookiePlace(): CookiePlace {
    return { id: this.key.cookieId, basePath: this.basePath };
  }

  /** Who the session with that hash is, as of now. */
  signedIn(sessionHash: string): SignedIn | null {
    const { accounts } = this;
    const session = accounts?.sessions.get(sessionHash) ?? this.memorySessions.get(sessionHash);
    return accounts === null ? null : signedIn(accounts, session, this.now());
  }

  /** One transaction. What it decides is stored when this resolves; `result` is what `decide` returned. */
  async transact<T>(
    decide: (work: Work) => T,
    options: TransactOptions = {},
  ): Promise<{ applied: Applied; result: T }> {
    let result: T | undefined;
    const applied = await this.#watched(
      this.manager.transact((state, transaction) => {
        result = decide(new Work(state, transaction, this.moment(), this.budgets));
        return [];
      }, options),
    );
    return { applied, result: result as T };
  }

  /** The same under an idempotency key (rule D1): `result` is the first answer, also for a repeat. */
  async transactOnce<T extends JsonValue>(
    key: TransactOptions["key"],
    decide: (work: Work) => T,
  ): Promise<{ applied: Applied; result: T }> {
    const applied = await this.#watched(
      this.manager.transact(
        (state, transaction) => ({
          changes: [],
          answer: decide(new Work(state, transaction, this.moment(), this.budgets)),
        }),
        key === undefined ? {} : { key },
      ),
    );
    return { applied, result: applied.answer as T };
  }

  async #watched(transaction: Promise<Applied>): Promise<Applied> {
    try {
      return await transaction;
    } catch (error) {
      if (isStoreAway(error)) this.storeTrouble ??= { since: this.moment().iso, why: error.message };
      throw error;
    }
  }

  /** Whether the store, which took no changes, takes them again: tried with a change that is worth being told. */
  async tryStoreAgain(): Promise<void> {
    if (this.storeTrouble === null) return;
    const message = `the store takes changes again; it had refused them since ${this.storeTrouble.since}`;
    await this.transact((work) =>
      note(work, { category: "system", level: "warn", actor: "server", action: "store_recovered", message }),
    );
    this.storeTrouble = null;
    this.log.warn(message);
  }

  /** Whether the state has been at that moment: false for one that lies beyond a restore (rule E2). */
  inHistory({ epoch, version }: Settled): boolean {
    const last = this.manager.space(MAIN_SPACE)?.lastVersion(epoch) ?? null;
    return last !== null && version <= last;
  }

  presence(hostId: string): Presence {
    return this.#presences.get(hostId) ?? NEVER_HEARD;
  }

  remember(hostId: string, presence: Presence): void {
    this.#presences.set(hostId, presence);
  }

  /** Its agent speaks. To be said where the report is decided on: a round that is decided right behind it must know. */
  heard(hostId: string): void {
    this.#heardMs.set(hostId, this.steadyNow());
  }

  forget(hostId: string): void {
    this.#presences.delete(hostId);
    this.#heardMs.delete(hostId);
    this.budgets.forget(hostId);
  }

  /** One that has not spoken since the start counts as heard at the start: it needs time to find the server again. */
  isSilent(hostId: string): boolean {
    return this.steadyNow() - (this.#heardMs.get(hostId) ?? this.#startedMs) >= OFFLINE_AFTER_MS;
  }
}
