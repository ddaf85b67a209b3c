/** The files that a server keeps on its machine are examined here, without altering any of them. */

import { existsSync, readFileSync, type Stats, statfsSync, statSync } from "node:fs";
import { join } from "node:path";
import { parseFleetFile } from "@neverstale/fleet-domain/fleet-file";
import { YamlFileError } from "@neverstale/fleet-domain/yaml-file";
import { SyncError } from "@neverstale/protocol";
import { examineDatabase } from "@neverstale/store-sqlite";
import { openServerKey, serverKeyIn } from "../../accounts/io/server-key.ts";
import { databaseIn } from "../../process/io/data-directory.ts";
import { StartFailure } from "../../process/start-failure.ts";
import { diskFinding, type Finding, well, wrong, wrongLines } from "../finding.ts";

export interface ExaminedPlaces {
  readonly dataDir: string;
  readonly secretKeyFile: string | undefined;
  readonly fleetFile: string | undefined;
  /** The state is in a database of its own, elsewhere. */
  readonly isElsewhere: boolean;
}

/** The database is read whole, which takes a while where it is large. */
export function examineData(places: ExaminedPlaces): Finding[] {
  const { dataDir, isElsewhere } = places;
  const directory = statSync(dataDir, { throwIfNoEntry: false });
  if (directory === undefined)
    return [well("data directory", `there is none at ${dataDir}: no server has run on it here`), ...fleetFile(places)];
  return [
    privateDirectory(dataDir, directory),
    ...(isElsewhere ? [] : [store(databaseIn(dataDir))]),
    disk(dataDir),
    secretKey(places),
    ...fleetFile(places),
  ];
}

function privateDirectory(path: string, stat: Stats): Finding {
  const check = "data directory";
  const own = process.getuid?.() ?? stat.uid;
  const mode = (stat.mode & 0o777).toString(8);
  if (!stat.isDirectory()) return wrong(check, `${path} is no directory`, "Give another one with --data-dir.");
  if (stat.uid !== own && own !== 0)
    return wrong(
      check,
      `${path} belongs to the user ${stat.uid}`,
      `Run this as that user, or: chown -R ${own} ${path}`,
    );
  if (process.platform !== "win32" && (stat.mode & 0o077) !== 0)
    return wrong(check, `${path} is open to other users (mode ${mode})`, `Run: chmod 700 ${path}`);
  return well(check, `${path} is private (mode ${mode})`);
}

function store(path: string): Finding {
  const check = "store";
  if (!existsSync(path)) return well(check, `there is no ${path} yet: the first start makes it`);
  try {
    examineDatabase(path);
    return well(check, `${path} is whole`);
  } catch (error) {
    const hint = error instanceof SyncError ? error.hint : "";
    return wrong(check, messageOf(error), hint === "" ? "Let this user read it." : hint);
  }
}

function disk(dataDir: string): Finding {
  const { bavail, bsize } = statfsSync(dataDir);
  const database = statSync(databaseIn(dataDir), { throwIfNoEntry: false })?.size ?? 0;
  return diskFinding(dataDir, bavail * bsize, database);
}

function secretKey({ dataDir, secretKeyFile }: ExaminedPlaces): Finding {
  const check = "secret key";
  const path = secretKeyFile ?? serverKeyIn(dataDir);
  if (secretKeyFile === undefined && !existsSync(path))
    return well(check, `there is no ${path} yet: the first start makes it`);
  try {
    openServerKey(dataDir, secretKeyFile);
  } catch (error) {
    const fix = error instanceof StartFailure ? error.hint : "Let this user read it.";
    return wrong(check, messageOf(error), fix);
  }
  const mode = statSync(path).mode & 0o777;
  const isOpen = secretKeyFile === undefined && process.platform !== "win32" && (mode & 0o077) !== 0;
  if (isOpen)
    return wrong(check, `${path} is open to other users (mode ${mode.toString(8)})`, `Run: chmod 600 ${path}`);
  return well(check, `${path} has its length and is private`);
}

function fleetFile({ dataDir, fleetFile: named }: ExaminedPlaces): Finding[] {
  const check = "fleet.yaml";
  const path = named ?? join(dataDir, "fleet.yaml");
  if (named === undefined && !existsSync(path))
    return [well(check, "there is none: the server's own rules are in force")];
  try {
    const { opRules, pipelineRules, alertRules, notifyTargets } = parseFleetFile(readFileSync(path, "utf8"));
    const counts = `${opRules.length} ops, ${pipelineRules.length} pipelines, ${alertRules.length} alerts`;
    return [well(check, `${path} has ${counts}, ${notifyTargets.length} notify targets`)];
  } catch (error) {
    if (error instanceof YamlFileError) return wrongLines(check, path, error.message);
    return [wrong(check, `${path}: ${messageOf(error)}`, "Let this user read it, or name another with --fleet-file.")];
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
