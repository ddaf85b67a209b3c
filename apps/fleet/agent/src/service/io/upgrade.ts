/** The upgrade puts the server's newer agent in the place of this one, and goes back where the newer one doesn't work. */

import { homedir } from "node:os";
import { type ServiceSettings, UsageError } from "../../io/settings.ts";
import { readIfThere } from "../../machine/io/durable-files.ts";
import { programCommand, type ServicePlaces, servicePlaces } from "../service-places.ts";
import { fetchPackage, hashOfBytes, type Source } from "./fetched-package.ts";
import { readFirstReport, untilReported } from "./first-report.ts";
import { type InstallOutcome, logFileIn, type TellPerson } from "./install.ts";
import { type Installed, readInstalled, writeInstalled } from "./installed.ts";
import { ProgramVersions } from "./program-versions.ts";
import { logCommand, restartService } from "./service-manager.ts";

/**
 * The administrator of the host starts it, and says by a hash which package he means. The server alone can't bring another program onto
 * a host: without a hash it is only told what the server has (C54).
 */
export async function upgradeAgent(asked: ServiceSettings, say: TellPerson): Promise<InstallOutcome> {
  const isRoot = process.getuid?.() === 0;
  const places = servicePlaces(asked.root, isRoot || asked.root !== "/" ? null : homedir());
  const installed = readInstalled(places);
  if (installed === null) throw new UsageError(`no agent is installed here: there is no ${places.settings}`);
  if (installed.service !== "none" && !isRoot && asked.root === "/")
    throw new UsageError("a service is upgraded by root: run it with sudo");
  const source = { server: new URL(installed.server), ca: readIfThere(installed.ca ?? "") };
  const content = await fetchPackage(source);
  const sha256 = hashOfBytes(content);
  if (sha256 === installed.sha256) {
    say("this host has the agent that the server hands out");
    return { type: "done" };
  }
  if (asked.sha256 === null) {
    say(`the server hands out another agent, with the sha256 ${sha256}`);
    say("If the page, or neverstale token create, shows the same, run this again with --sha256 and that hash.");
    return { type: "failed" };
  }
  if (sha256 !== asked.sha256)
    throw new UsageError(`the package has the hash ${sha256}, and not ${asked.sha256}. Nothing was changed.`);
  return await changeTo(content, { places, installed, source, say, waitMs: asked.waitMs });
}

interface Upgrade {
  readonly places: ServicePlaces;
  readonly installed: Installed;
  readonly source: Source;
  readonly say: TellPerson;
  readonly waitMs: number;
}

async function changeTo(content: Buffer, { places, installed, source, say, waitMs }: Upgrade): Promise<InstallOutcome> {
  const versions = new ProgramVersions(places.program);
  const before = versions.current();
  const [path = ""] = programCommand(places.program, "current");
  const version = await versions.add(content, { ...source, path });
  versions.tryOut(version);
  versions.use(version);
  if (!(await works(places, installed, waitMs))) {
    if (before !== null) versions.use(before);
    const isBack = before !== null && (await works(places, installed, Math.max(waitMs, BACK_MS)));
    versions.removeAllBut(before);
    say(
      `${version} was started, and the server has no report of it. See ${logCommand(installed.service, logFileIn(places))}`,
    );
    say(isBack ? `the agent from before runs again: ${before}` : "the agent from before doesn't report either");
    return { type: "failed" };
  }
  writeInstalled(places, { ...installed, sha256: hashOfBytes(content) });
  versions.removeAllBut(version, before);
  if (installed.service === "none")
    say(`${version} is installed. Nothing starts the agent here: end it, and start it again.`);
  else say(`the agent was upgraded from ${before} to ${version}, and reports`);
  return { type: "done" };
}

/** The agent from before is given as long as it may need. */
const BACK_MS = 60_000;

/** Where nothing starts the agent, whoever started it starts it again. */
async function works(places: ServicePlaces, { service }: Installed, waitMs: number): Promise<boolean> {
  if (service === "none") return true;
  const before = readFirstReport(places.data);
  restartService(service);
  return await untilReported(places.data, before, waitMs);
}
