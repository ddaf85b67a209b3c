/** The flags of `serve` become the options of a fleet. */

import type { FleetOptions } from "@neverstale/fleet-server";
import { isOn } from "../command-line/flags.ts";

export interface ServeFlags {
  readonly port: number;
  readonly host: string;
  readonly dataDir: string;
  readonly beaconInterval: number;
  readonly initEventLimit: number;
  readonly keepMetrics: readonly [number, number, number];
  readonly keepAudit: number;
  readonly keepLog: number;
  readonly keepLogSize: number;
  readonly localAgent: boolean;
  readonly allowedOrigin?: readonly string[];
  readonly trustedProxy?: readonly string[];
  readonly proxyUserHeader?: string;
  readonly adminPasswordFile?: string;
  readonly secretKeyFile?: string;
  readonly basePath: string;
  readonly acceptLostLog?: boolean;
  readonly store?: string;
  readonly nodeAddress?: string;
  readonly fleetFile?: string;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly insecureHttp?: boolean;
  readonly backupDir?: string;
  readonly backupEvery: number;
  readonly backupKeep: number;
}

/** `adminPassword` was found in a file or in the environment. */
export function fleetOptions(
  flags: ServeFlags,
  env: Readonly<Record<string, string | undefined>>,
  adminPassword: string | undefined,
): FleetOptions {
  const { port, host, dataDir, beaconInterval, initEventLimit, allowedOrigin, trustedProxy } = flags;
  return {
    port,
    host,
    dataDir,
    beaconMs: beaconInterval,
    eventLimit: initEventLimit,
    metricsKept: flags.keepMetrics,
    auditKept: { ageMs: flags.keepAudit },
    logKept: { ageMs: flags.keepLog, chars: flags.keepLogSize * 1_024 * 1_024 },
    basePath: flags.basePath,
    localAgent: flags.localAgent && !isOn(env.NEVERSTALE_NO_LOCAL_AGENT),
    ...(allowedOrigin !== undefined && { allowedOrigins: allowedOrigin }),
    ...(trustedProxy !== undefined && { trustedProxies: trustedProxy }),
    ...(flags.proxyUserHeader !== undefined && { proxyUserHeader: flags.proxyUserHeader }),
    ...(flags.secretKeyFile !== undefined && { secretKeyFile: flags.secretKeyFile }),
    ...(adminPassword !== undefined && { adminPassword }),
    ...(flags.store !== undefined && { storeUrl: flags.store }),
    ...(flags.nodeAddress !== undefined && { nodeAddress: flags.nodeAddress }),
    ...(flags.fleetFile !== undefined && { fleetFile: flags.fleetFile }),
    ...(flags.tlsCert !== undefined && { tlsCert: flags.tlsCert }),
    ...(flags.tlsKey !== undefined && { tlsKey: flags.tlsKey }),
    insecureHttp: flags.insecureHttp === true || isOn(env.NEVERSTALE_INSECURE_HTTP),
    ...(flags.backupDir !== undefined && {
      backups: { directory: flags.backupDir, everyMs: flags.backupEvery, keep: flags.backupKeep },
    }),
    ...(flags.acceptLostLog === true && { acceptLostLog: true }),
  };
}
