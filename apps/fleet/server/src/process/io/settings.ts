/** The settings of the server are declared, completed and checked here. */

import { passwordProblem } from "@neverstale/fleet-domain";
import type { SyncError } from "@neverstale/protocol";
import { DEFAULT_LIMITS, RETENTION, type Retention, type Store, withDefaults } from "@neverstale/server";
import type { Logger } from "pino";
import { type AuditKept, DEFAULT_AUDIT_KEPT } from "../../audit/audit-keeper.ts";
import type { BackupSettings } from "../../backups/schedule.ts";
import { HostBudgets, type HostLimits } from "../../fleet/host-budgets.ts";
import { normalBasePath } from "../../http/base-path.ts";
import { TrustedProxies } from "../../http/io/client-address.ts";
import { DEFAULT_HANDSHAKE_LIMITS, type HandshakeLimits } from "../../http/io/connections/handshakes.ts";
import { type ConnectionLimits, DEFAULT_CONNECTION_LIMITS } from "../../http/io/connections/plain-connections.ts";
import { checkProxyUserHeader } from "../../http/io/proxy-users.ts";
import { DEFAULT_SOCKET_LIMITS, type SocketLimits } from "../../http/open-sockets.ts";
import { Origins } from "../../http/origins.ts";
import { DEFAULT_RATE_LIMITS, type RateLimits } from "../../http/rate-limits.ts";
import { DEFAULT_METRICS_KEPT, type MetricsKept } from "../../metrics/levels.ts";
import { checkNodeSettings } from "../../nodes/node-settings.ts";
import { readCertificate } from "../../tls/io/certificate-files.ts";
import { checkReachability, type ReachabilitySettings, tlsFilesOf } from "../../tls/reachability.ts";
import { StartFailure } from "../start-failure.ts";
import { connectionsAllowed } from "./open-files.ts";

/** Most of these have a flag and an environment variable in the command line. */
export interface FleetOptions extends ReachabilitySettings {
  /** 0 takes any free port. Default 8080. */
  readonly port?: number;
  /** Default 127.0.0.1. Any address that isn't this machine's alone needs `allowedOrigins`, and TLS or `insecureHttp`. */
  readonly host?: string;
  /** Default ./data */
  readonly dataDir?: string;
  readonly beaconMs?: number;
  /** So many events are kept in the live state. Default 100. */
  readonly eventLimit?: number;
  /** So many audit events are in the live state, apart from all others. Default 10,000. */
  readonly auditLimit?: number;
  /** Audit events are kept for so long, and so many of them in all. Default: 400 days and 1,000,000. The newest 10,000 stay in any case. */
  readonly auditKept?: Partial<AuditKept>;
  /**
   * The log of changes is kept for so many milliseconds, and up to so many characters. So far back the fleet can be looked at as it was.
   * Default: a day and 512 Mi.
   */
  readonly logKept?: Partial<LogKept>;
  /** Metrics that are 10 s, 1 min and 10 min apart are kept for so many milliseconds. Default: an hour, a day and 30 days. */
  readonly metricsKept?: MetricsKept;
  /** True starts an agent for this very machine. Default true. */
  readonly localAgent?: boolean;
  /** The `X-Forwarded-For` of proxies at these addresses or ranges is believed. Default: none. */
  readonly trustedProxies?: readonly string[];
  /** A trusted proxy that has signed somebody in names the user in this header, such as X-Remote-User. Default: no header is believed. */
  readonly proxyUserHeader?: string;
  /** Browsers find the server below this path, as in `/fleet`, when a proxy serves others at its host too. Default /. */
  readonly basePath?: string;
  /** It becomes the password of `admin` while there is none. */
  readonly adminPassword?: string;
  /** The key with which the server signs, the same for all nodes. Default: one that is made in the data directory. */
  readonly secretKeyFile?: string;
  /** It gives ops their meaning and names the pipelines. Default: `fleet.yaml` in the data directory, if there is one. */
  readonly fleetFile?: string;
  /** The server makes a backup of itself there, as often as this, and keeps so many of the newest. Default: none. */
  readonly backups?: BackupSettings;
  /** True starts though the database was not closed and its write-ahead log is gone. Default false: that is refused. */
  readonly acceptLostLog?: boolean;
  /** Default: JSON lines on standard error. */
  readonly log?: Logger;
  /** It takes the lines for standard output: the address, and the sign-in link where there is one. */
  readonly print?: (line: string) => void;
  /** Default: SQLite in the data directory. */
  readonly store?: Store;
  /** `postgres://user@host/database` makes this process one of several nodes, which share that database. */
  readonly storeUrl?: string;
  /** The other nodes reach this one there, as in `http://10.0.0.5:8080`. Default: where it listens, on loopback alone. */
  readonly nodeAddress?: string;
  /** Default: the built page of the workspace. */
  readonly webDirectory?: string;
  readonly rateLimits?: Partial<RateLimits>;
  readonly socketLimits?: Partial<SocketLimits>;
  readonly connectionLimits?: Partial<ConnectionLimits>;
  readonly handshakeLimits?: Partial<HandshakeLimits>;
  readonly hostLimits?: Partial<HostLimits>;
  /** It returns milliseconds since 1970. Default: the machine's clock. */
  readonly now?: () => number;
  /** It returns milliseconds of a clock that nobody sets. Default: `now` where it is given, else this process's clock. */
  readonly steadyNow?: () => number;
  /** It is called once when the outcome of a commit is unknown (rule A1). Default: the process ends with 1. */
  readonly onFailure?: (error: SyncError) => void;
}

export const DEFAULT_HOST = "127.0.0.1";
export const DEFAULT_PORT = 8080;

/** It throws for settings that no server can start with, as far as that can be told before anything is opened. */
export function checkSettings(options: FleetOptions): void {
  const { host = DEFAULT_HOST, allowedOrigins = [], adminPassword = "", trustedProxies = [], basePath = "/" } = options;
  checkLimits(options);
  checkReachability(options, host);
  new Origins(allowedOrigins);
  new TrustedProxies(trustedProxies);
  checkProxyUserHeader(options.proxyUserHeader, trustedProxies);
  normalBasePath(basePath);
  checkNodeSettings(options);
  if (options.backups !== undefined && options.storeUrl !== undefined)
    throw new StartFailure(
      "the server makes backups of a database of its own only",
      "Leave out --backup-dir, and have the database backed up by its own means, such as pg_dump.",
    );
  const tls = tlsFilesOf(options);
  if (tls !== null) readCertificate(tls);
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
  handshakeLimitsOf(options);
  rateLimitsOf(options);
  metricsKeptOf(options);
  auditKeptOf(options);
  retentionOf(options);
}

export function socketLimitsOf({ socketLimits }: FleetOptions): SocketLimits {
  return withDefaults(DEFAULT_SOCKET_LIMITS, socketLimits, "socketLimits");
}

export function rateLimitsOf({ rateLimits = {} }: FleetOptions): RateLimits {
  const limits = { ...DEFAULT_RATE_LIMITS };
  for (const name of Object.keys({ ...limits, ...rateLimits }) as (keyof RateLimits)[]) {
    if (limits[name] === undefined) throw new Error(`\`rateLimits\` has no \`${name}\``);
    limits[name] = withDefaults(limits[name], rateLimits[name], `rateLimits.${name}`);
  }
  return limits;
}

export function handshakeLimitsOf({ handshakeLimits }: FleetOptions): HandshakeLimits {
  return withDefaults(DEFAULT_HANDSHAKE_LIMITS, handshakeLimits, "handshakeLimits");
}

export function connectionLimitsOf({ connectionLimits }: FleetOptions): ConnectionLimits {
  const open = connectionsAllowed();
  return withDefaults({ ...DEFAULT_CONNECTION_LIMITS, open }, connectionLimits, "connectionLimits");
}

/** So many sockets may be open. A quarter of the files is left to plain connections in any case, or as many as there may be. */
export function socketsAllowed(options: FleetOptions): number {
  const { all, open } = connectionLimitsOf(options);
  const plain = Math.min(all, Math.floor(open / 4));
  return Math.max(1, Math.min(DEFAULT_LIMITS.connections, open - plain));
}

/** Each has to hold some points of the next one, which is made of it. */
const LEAST_KEPT: MetricsKept = [600_000, 3_600_000, 86_400_000];
const MOST_KEPT_MS = 3_650 * 86_400_000;

export function metricsKeptOf({ metricsKept = DEFAULT_METRICS_KEPT }: FleetOptions): MetricsKept {
  const isFine = metricsKept.every((ms, index) => ms >= (LEAST_KEPT[index] ?? 0) && ms <= MOST_KEPT_MS);
  if (isFine && metricsKept.length === LEAST_KEPT.length) return metricsKept;
  throw new StartFailure(
    "metrics can't be kept for such times",
    "Give three, for points that are 10 s, 1 min and 10 min apart, of at least 10m, 1h and 1d, such as 1h,1d,30d.",
  );
}

/** Age and size bound the log, and no number of changes that is reached before them. */
export function retentionOf({ logKept }: Pick<FleetOptions, "logKept">): Partial<Retention> {
  const { ageMs, chars } = withDefaults(DEFAULT_LOG_KEPT, logKept, "logKept");
  return { logAgeMs: ageMs, logChars: chars, logChanges: MOST_LOGGED, chainEntries: MOST_LOGGED };
}

interface LogKept {
  readonly ageMs: number;
  readonly chars: number;
}

const DEFAULT_LOG_KEPT: LogKept = { ageMs: RETENTION.logAgeMs, chars: RETENTION.logChars };
const MOST_LOGGED = 10_000_000;

export function auditKeptOf({ auditKept }: FleetOptions): AuditKept {
  return withDefaults(DEFAULT_AUDIT_KEPT, auditKept, "auditKept");
}
