import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import {
  ACCOUNTS_SPACE,
  AGENT_SPACES,
  AUDIT_SPACE,
  accountsModel,
  agentModel,
  auditModel,
  fleetModel,
  OUTPUT_SPACES,
  outputModel,
  passwordProblem,
} from "@neverstale/fleet-domain";
import { DEFAULT_BEACON_MS, type SyncError } from "@neverstale/protocol";
import { DEFAULT_LIMITS, StateManager, type Store, StoreFailure, withDefaults } from "@neverstale/server";
import { sqliteStore } from "@neverstale/store-sqlite";
import { type Logger, pino } from "pino";
import { ADMIN, makeEnrollmentToken, needsSetup, removeEnrollmentToken, setUpAdmin } from "../../accounts/decide.ts";
import { noteAddress, takeUpReset, watchForResets } from "../../accounts/io/admin-reset.ts";
import { hashOf, newSecret } from "../../accounts/io/secrets.ts";
import { openServerKey } from "../../accounts/io/server-key.ts";
import { retireOld } from "../../commands/decide.ts";
import { HostBudgets, type HostLimits } from "../../fleet/host-budgets.ts";
import { normalBasePath } from "../../http/base-path.ts";
import { TrustedProxies } from "../../http/io/client-address.ts";
import { type ConnectionLimits, DEFAULT_CONNECTION_LIMITS } from "../../http/io/connections.ts";
import { DEFAULT_SOCKET_LIMITS, type SocketLimits } from "../../http/io/open-sockets.ts";
import { addressOf, isLoopback, Origins, ownOrigins } from "../../http/origins.ts";
import { listenFailure, StartFailure } from "../start-failure.ts";
import { type App, buildApp } from "./app.ts";
import { databaseIn, openDataDirectory } from "./data-directory.ts";
import { credentialIn, LocalAgent, removedHint } from "./local-agent.ts";
import { LogStream } from "./log-stream.ts";
import { connectionsAllowed } from "./open-files.ts";
import { startRounds } from "./rounds.ts";
import { DEFAULT_RATE_LIMITS, type FleetManager, type RateLimits, Server } from "./server.ts";

/** The settings of the server; each has its flag and its environment variable in the command line. */
export interface FleetOptions {
  /** 0: a free one. Default 8080. */
  readonly port?: number;
  /** Default 127.0.0.1. Any other one needs `allowedOrigins`. */
  readonly host?: string;
  /** Default ./data */
  readonly dataDir?: string;
  readonly beaconMs?: number;
  /** Events kept in the live state. Default 100. */
  readonly eventLimit?: number;
  /** Audit events kept apart from all others. Default 10,000. */
  readonly auditLimit?: number;
  /** Whether an agent for this very machine is started. Default true. */
  readonly localAgent?: boolean;
  /** Where browsers may come from. Default: the address it listens on. */
  readonly allowedOrigins?: readonly string[];
  /** Addresses or ranges of proxies whose `X-Forwarded-For` is believed. Default: none. */
  readonly trustedProxies?: readonly string[];
  /** Behind the host in the addresses that browsers use, as in `/fleet`, when a proxy serves others there too. Default /. */
  readonly basePath?: string;
  /** Makes `admin` with this password, if there is no user. */
  readonly adminPassword?: string;
  /** Starts though the database was not closed and its write-ahead log is gone. Default false: it is refused. */
  readonly acceptLostLog?: boolean;
  /** Default: JSON lines on standard error. */
  readonly log?: Logger;
  /** Takes the lines for standard output: the address, and the sign-in link where there is one. */
  readonly print?: (line: string) => void;
  /** Default: SQLite in the data directory. */
  readonly store?: Store;
  /** Default: the built page of the workspace. */
  readonly webDirectory?: string;
  readonly rateLimits?: Partial<RateLimits>;
  readonly socketLimits?: Partial<SocketLimits>;
  readonly connectionLimits?: Partial<ConnectionLimits>;
  readonly hostLimits?: Partial<HostLimits>;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
  /** Milliseconds of a clock that nobody sets. Default: `now` where it is given, else this process's. */
  readonly steadyNow?: () => number;
  /** Called once when the outcome of a commit is unknown (rule A1). Default: the process ends with 1. */
  readonly onFailure?: (error: SyncError) => void;
}

export interface RunningFleet {
  /** `http://127.0.0.1:8080` */
  readonly address: string;
  /** The one-time link, while there is no other way in. */
  readonly signInLink: string | null;
  readonly manager: FleetManager;
  readonly server: Server;
  readonly app: App;
  /** Stops accepting, finishes what is under way, sends sockets away with 1012, closes the store. Takes under 5 s. */
  close(): Promise<void>;
}

/** Starts all of it; rejects, with everything closed again, when it can't. */
export async function startFleet(options: FleetOptions = {}): Promise<RunningFleet> {
  const logStream = options.log === undefined ? new LogStream(process.stderr) : null;
  const log = options.log ?? pino({ base: null }, logStream ?? undefined);
  const host = options.host ?? "127.0.0.1";
  const dataDir = resolve(options.dataDir ?? "./data");
  checkSettings(options);
  openDataDirectory(dataDir);
  const manager = await openManager(options, dataDir, log);
  try {
    return await serve(options, { manager, log, logStream, host, dataDir });
  } catch (error) {
    await closeManager(manager, log);
    throw error;
  }
}

/** Throws for settings that no server can start with: what can be told before anything is opened. */
export function checkSettings(options: FleetOptions): void {
  const { host = "127.0.0.1", allowedOrigins = [], adminPassword = "", trustedProxies = [], basePath = "/" } = options;
  checkLimits(options);
  checkReachability(host, allowedOrigins);
  new Origins(allowedOrigins);
  new TrustedProxies(trustedProxies);
  normalBasePath(basePath);
  const problem = adminPassword === "" ? null : passwordProblem(adminPassword);
  if (problem !== null)
    throw new StartFailure(
      `the admin's password ${problem}`,
      "Give another one, or none: the first start then prints a one-time sign-in link.",
    );
}

function checkLimits(options: FleetOptions): void {
  new HostBudgets(options.hostLimits);
  socketLimitsOf(options);
  connectionLimitsOf(options);
  rateLimitsOf(options);
}

/** Beyond this machine it is for a person to say where browsers come from: a proxy with TLS, as a rule (C47). */
function checkReachability(host: string, allowed: readonly string[]): void {
  if (isLoopback(host) || allowed.length > 0) return;
  throw new Error(
    `--host ${host} makes it reachable from outside: say with --allowed-origin at which address browsers find it, https behind a TLS proxy`,
  );
}

function openManager(options: FleetOptions, dataDir: string, log: Logger): Promise<FleetManager> {
  return StateManager.open({
    model: fleetModel(options.eventLimit === undefined ? {} : { eventLimit: options.eventLimit }),
    spaces: {
      [AGENT_SPACES]: agentModel,
      [OUTPUT_SPACES]: outputModel,
      [ACCOUNTS_SPACE]: accountsModel,
      [AUDIT_SPACE]: auditModel(options.auditLimit === undefined ? {} : { auditLimit: options.auditLimit }),
    },
    store: options.store ?? sqliteStore(databaseIn(dataDir), { acceptLostLog: options.acceptLostLog ?? false }),
    migrate: retireOld,
    limits: {
      connectionsPerAddress: socketLimitsOf(options).address,
      connections: Math.max(
        1,
        Math.min(DEFAULT_LIMITS.connections, connectionsAllowed() - connectionLimitsOf(options).all),
      ),
    },
    onProblems: ({ count, found }) => {
      log.warn({ count, found }, "records are stored that this release would not take in; they are served as they are");
    },
    onFailure: (error) => {
      log.fatal({ err: error }, "whether the last commit is stored is unknown: ending");
      if (options.onFailure === undefined) process.exit(1);
      options.onFailure(error);
    },
  });
}

function socketLimitsOf({ socketLimits }: FleetOptions): SocketLimits {
  return withDefaults(DEFAULT_SOCKET_LIMITS, socketLimits, "socketLimits");
}

function rateLimitsOf({ rateLimits = {} }: FleetOptions): RateLimits {
  const limits = { ...DEFAULT_RATE_LIMITS };
  for (const name of Object.keys({ ...limits, ...rateLimits }) as (keyof RateLimits)[]) {
    if (limits[name] === undefined) throw new Error(`\`rateLimits\` has no \`${name}\``);
    limits[name] = withDefaults(limits[name], rateLimits[name], `rateLimits.${name}`);
  }
  return limits;
}

/** Half of what the system allows is left to sockets. */
function connectionLimitsOf({ connectionLimits }: FleetOptions): ConnectionLimits {
  const all = Math.min(DEFAULT_CONNECTION_LIMITS.all, Math.floor(connectionsAllowed() / 2));
  return withDefaults({ ...DEFAULT_CONNECTION_LIMITS, all }, connectionLimits, "connectionLimits");
}

interface Opened {
  readonly manager: FleetManager;
  readonly log: Logger;
  readonly logStream: LogStream | null;
  readonly host: string;
  readonly dataDir: string;
}

async function serve(options: FleetOptions, { manager, log, logStream, host, dataDir }: Opened): Promise<RunningFleet> {
  const origins = new Origins(options.allowedOrigins ?? []);
  const proxies = new TrustedProxies(options.trustedProxies ?? []);
  const rateLimits = rateLimitsOf(options);
  const socketLimits = socketLimitsOf(options);
  const hostLimits = options.hostLimits ?? {};
  const now = options.now ?? Date.now;
  const steadyNow = options.steadyNow ?? options.now ?? (() => performance.now());
  const server = new Server({
    manager,
    origins,
    proxies,
    log,
    rateLimits,
    socketLimits,
    hostLimits,
    now,
    steadyNow,
    key: openServerKey(dataDir),
    connectionLimits: connectionLimitsOf(options),
    logStream,
    basePath: normalBasePath(options.basePath ?? "/"),
  });
  const app = buildApp(server, {
    beaconMs: options.beaconMs ?? DEFAULT_BEACON_MS,
    webDirectory: options.webDirectory ?? builtPage(),
  });
  try {
    return await listen(options, { server, app, host, dataDir });
  } catch (error) {
    await Promise.all([app.sockets.close(), app.http.close()]);
    throw error;
  }
}

interface Built {
  readonly server: Server;
  readonly app: App;
  readonly host: string;
  readonly dataDir: string;
}

async function listen(options: FleetOptions, { server, app, host, dataDir }: Built): Promise<RunningFleet> {
  const { origins } = server;
  const port = options.port ?? 8080;
  const linkIsKnown = await takeUpReset(server, dataDir);
  await setPassword(server, options.adminPassword);
  await app.http.listen({ port, host }).catch((error: unknown) => {
    throw listenFailure(host, port, error);
  });
  const bound = app.http.server.address();
  server.port = typeof bound === "object" && bound !== null ? bound.port : 0;
  if (options.allowedOrigins === undefined || options.allowedOrigins.length === 0)
    origins.replace(ownOrigins(host, server.port));
  const address = addressOf(host, server.port);
  const print = options.print ?? ((line) => process.stdout.write(`${line}\n`));
  print(`listening on ${address}`);
  return await goOn(options, { server, app, address, print, dataDir, linkIsKnown });
}

interface Listening {
  readonly server: Server;
  readonly app: App;
  readonly address: string;
  readonly print: (line: string) => void;
  readonly dataDir: string;
  /** A reset was asked for while no server ran: whoever asked holds the link. */
  readonly linkIsKnown: boolean;
}

/** What follows once it listens. */
async function goOn(
  options: FleetOptions,
  { server, app, address, print, dataDir, linkIsKnown }: Listening,
): Promise<RunningFleet> {
  const { manager, origins } = server;
  const publicAddress = `${origins.all[0] ?? address}${server.basePath}`;
  noteAddress(server, dataDir, publicAddress, true);
  const signInLink = linkIsKnown ? null : makeSignInLink(server, publicAddress);
  if (signInLink !== null) print(`sign in once, within 15 minutes: ${signInLink}`);
  if (linkIsKnown) print("the link of neverstale admin reset is good for 15 minutes");
  if (signInLink === null && !linkIsKnown && hasNoPassword(server))
    server.log.warn("admin has no password; set one in the page, or run neverstale admin reset for a new link");
  const agent = options.localAgent === false ? null : await startAgent(server, address, dataDir);
  const stops = [startRounds(server), watchForResets(server, dataDir)];
  const close = once(async () => {
    await drain({ server, app, stops, agent });
    noteAddress(server, dataDir, publicAddress, false);
  });
  return { address, signInLink, manager, server, app, close };
}

function builtPage(): string {
  return fileURLToPath(new URL("../../../../web/dist", import.meta.url));
}

async function setPassword(server: Server, password: string | undefined): Promise<void> {
  if (password === undefined || password === "") return;
  if (!hasNoPassword(server)) return;
  const hash = await server.passwords.hash(password);
  await server.transact((work) => setUpAdmin(work, hash));
}

function hasNoPassword(server: Server): boolean {
  return server.accounts?.users.get(ADMIN)?.passwordHash === undefined;
}

function makeSignInLink(server: Server, address: string): string | null {
  const { accounts } = server;
  if (accounts !== null && !needsSetup(accounts, server.now())) return null;
  return server.setupLink.make(address, server.steadyNow());
}

const LOCAL_TOKEN = "this machine";

/**
 * An agent that the state knows needs no token; else it gets a fresh one, and an unused older one goes. None where this
 * machine's host was removed: it stays away until its credential is deleted.
 */
async function startAgent(server: Server, address: string, fleetDir: string): Promise<LocalAgent | null> {
  const dataDir = join(fleetDir, "agent");
  const credential = credentialIn(dataDir);
  const known = credential === null ? undefined : server.accounts?.agentCredentials.get(hashOf(credential));
  if (known?.revoked === true) {
    server.log.info(removedHint(dataDir));
    return null;
  }
  const enrollToken = known === undefined ? await makeLocalToken(server) : null;
  return new LocalAgent({ address: loopbackOf(address), dataDir, enrollToken, log: server.log });
}

async function makeLocalToken(server: Server): Promise<string> {
  const token = newSecret();
  await server.transact((work) => {
    for (const old of [...work.accounts.enrollmentTokens.values()]) {
      if (old.label === LOCAL_TOKEN && old.usedBy === undefined) removeEnrollmentToken(work, old.id, "server");
    }
    makeEnrollmentToken(work, hashOf(token), "server", { label: LOCAL_TOKEN });
  });
  return token;
}

/** An agent on this machine reaches a server that listens everywhere by the loopback address. */
function loopbackOf(address: string): string {
  return address.replace("//0.0.0.0:", "//127.0.0.1:").replace("//[::]:", "//[::1]:");
}

interface Running {
  readonly server: Server;
  readonly app: App;
  /** End what runs by itself. */
  readonly stops: readonly (() => Promise<void>)[];
  readonly agent: LocalAgent | null;
}

/** Connections that are still open after so long are cut. */
const DRAIN_MS = 3_000;

async function drain({ server, app, stops, agent }: Running): Promise<void> {
  server.draining = true;
  agent?.stop();
  const cut = setTimeout(() => app.cutConnections(), DRAIN_MS);
  await Promise.all([app.sockets.close(), app.http.close(), ...stops.map((stop) => stop())]);
  clearTimeout(cut);
  await closeManager(server.manager, server.log);
  await server.logStream?.flushed();
}

/** On a full disk the records can't be put in order any more: the next start does it, from the log. Nothing is lost. */
async function closeManager(manager: FleetManager, log: Logger): Promise<void> {
  await manager.close().catch((error: unknown) => {
    if (!(error instanceof StoreFailure) || error.outcome !== "nothing_moved") throw error;
    log.warn({ err: error }, "the store was closed without its records being put in order");
  });
}

function once(run: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | null = null;
  return () => {
    running ??= run();
    return running;
  };
}
