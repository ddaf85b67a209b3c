/** The install puts the agent on this host: program, settings, enrolment and service, so that it may be run again at any point. */

import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { enrollThisHost, readCredential, readToken } from "../../connection/io/enrollment.ts";
import { ServerApi } from "../../connection/io/server-api.ts";
import { type ServiceSettings, type Settings, UsageError } from "../../io/settings.ts";
import { AGENT_VERSION, SHIPPED_AGENT_FILE } from "../../io/shipped.ts";
import { makePrivateDirectory, writeDurably } from "../../machine/io/durable-files.ts";
import { machineFacts } from "../../machine/io/facts.ts";
import { launchdPlist } from "../launchd-plist.ts";
import {
  PLIST_LABEL,
  programCommand,
  runCommand,
  type ServicePlaces,
  servicePlaces,
  tokenFileIn,
} from "../service-places.ts";
import { systemdUnit } from "../systemd-unit.ts";
import { fetchPackage, hashOfBytes } from "./fetched-package.ts";
import { readFirstReport, untilReported } from "./first-report.ts";
import { type Installed, writeInstalled } from "./installed.ts";
import { giveTo, makeUser, runAs } from "./own-user.ts";
import { ProgramVersions } from "./program-versions.ts";
import { logCommand, serviceKind, startService } from "./service-manager.ts";

/** Resolves with the command to run in the foreground, where nothing starts the agent, or with null. */
export async function installAgent(given: Settings, asked: ServiceSettings, say: TellPerson): Promise<InstallOutcome> {
  const settings = { ...given, token: given.token ?? readToken(given.tokenFile) }; // It may be root's file.
  const { server } = settings;
  const { ca } = settings.trust;
  const kind = asked.useService ? serviceKind(asked.root) : "none";
  const isRoot = process.getuid?.() === 0;
  if (kind !== "none" && !isRoot && asked.root === "/")
    throw new UsageError(
      "a service is installed by root: run it with sudo, or give --no-service to run the agent as yourself",
    );
  const places = servicePlaces(asked.root, isRoot || asked.root !== "/" ? null : homedir());
  const content = await packageOf(settings, asked);
  const versions = new ProgramVersions(places.program);
  const version = await versions.add(content, { server, ca, path: process.execPath });
  versions.tryOut(version);
  const installed = writeSettings(places, settings, {
    sha256: hashOfBytes(content),
    user: kind === "none" || asked.root !== "/" ? null : asked.user,
    service: kind,
  });
  if (installed.user !== null && kind === "systemd") makeUser(installed.user, places.data);
  makePrivateDirectory(places.data);
  if (installed.user !== null) giveTo(installed.user, places.data);
  const hostId = await runAs(installed.user, () => enrolled(places, settings, say));
  if (hostId === null) return { type: "not_accepted" };
  const before = versions.current();
  versions.use(version);
  versions.removeAllBut(version, before);
  writeLauncher(places);
  const page = new URL(`hosts/${encodeURIComponent(hostId)}`, server).href;
  if (kind === "none") {
    say(`the agent is installed in ${places.program}. This host's page is ${page}`);
    const why = asked.useService ? "this host has no systemd" : "there is to be no service";
    say(`${why}, so the agent runs here, in the foreground. Nothing starts it again when the machine does.`);
    return { type: "run_here", command: runCommand(places, installed) };
  }
  const reportBefore = readFirstReport(places.data);
  writeService(places, installed, asked);
  startService(kind, places.plist);
  if (!(await untilReported(places.data, reportBefore, asked.waitMs))) {
    say(`the service was started, but the server has no report of it yet. See ${logCommand(kind, logFileIn(places))}`);
    return { type: "failed" };
  }
  await runAs(installed.user, () => rmSync(tokenFileIn(places.data), { force: true })); // It may be good for other hosts still.
  say(`the agent runs, and starts with the system. What may run here is up to ${installed.config}`);
  say(`this host's page is ${page}`);
  return { type: "done" };
}

export type TellPerson = (line: string) => void;

export type InstallOutcome =
  | { readonly type: "done" | "failed" | "not_accepted" }
  | { readonly type: "run_here"; readonly command: readonly string[] };

async function packageOf({ server, trust }: Settings, { packageFile, sha256 }: ServiceSettings): Promise<Buffer> {
  if (packageFile === null && sha256 === null)
    throw new UsageError(
      "give the hash of the server's package with --sha256: its page and neverstale token create show it",
    );
  const content = packageFile === null ? await fetchPackage({ server, ca: trust.ca }) : readFileSync(packageFile);
  const found = hashOfBytes(content);
  if (sha256 !== null && found !== sha256)
    throw new UsageError(`the package has the hash ${found}, and not ${sha256}. Nothing was installed.`);
  return content;
}

/** The host's own files are left as they are. */
function writeSettings(
  places: ServicePlaces,
  { server, allowHttp, trust: { ca }, config }: Settings,
  rest: Pick<Installed, "sha256" | "user" | "service">,
): Installed {
  const own = join(places.settings, "agent.yaml");
  mkdirSync(places.settings, { recursive: true, mode: 0o755 });
  if (config === null && !existsSync(own)) {
    copyFileSync(SHIPPED_AGENT_FILE, own);
  }
  const authority = ca === null ? null : join(places.settings, "ca.pem");
  if (authority !== null && ca !== null) writeFileSync(authority, ca, { mode: 0o644 });
  const installed = { ...rest, server: server.href, allowHttp, ca: authority, config: config ?? own };
  writeInstalled(places, installed);
  return installed;
}

/** Returns the id of the host. Null means that the server takes neither what is there nor the token. */
async function enrolled(places: ServicePlaces, settings: Settings, say: TellPerson): Promise<string | null> {
  const before = readCredential(places.data);
  const { token } = settings;
  if (before !== null) {
    if (token !== null) writeDurably(tokenFileIn(places.data), token); // It may be that the server accepts only this.
    say("this host is enrolled already, and stays the same host");
    return before.hostId;
  }
  if (token === null) throw new UsageError("give a token with --enroll-token: neverstale token create makes one");
  const api = new ServerApi(settings.server, settings.trust);
  const log = { info: () => {}, warn: ({ answer }: { readonly answer: string }) => say(`enrolling: ${answer}`) };
  try {
    const made = await enrollThisHost({ dataDir: places.data, token, facts: machineFacts(AGENT_VERSION), api, log });
    return made?.hostId ?? null;
  } finally {
    api.close();
  }
}

function writeService(places: ServicePlaces, installed: Installed, { root, user }: ServiceSettings): void {
  const inRoot = (path: string) => (root === "/" ? path : path.slice(root.length));
  const command = runCommand(places, installed).map((word) => (word.startsWith(`${root}/`) ? inRoot(word) : word));
  const path = installed.service === "systemd" ? places.unit : places.plist;
  const text =
    installed.service === "systemd"
      ? systemdUnit({ command, user, dataDir: inRoot(places.data), finalStatuses: FINAL_STATUSES })
      : launchdPlist({ label: PLIST_LABEL, command, user, logFile: inRoot(logFileIn(places)) });
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text, { mode: 0o644 });
}

/** Wrong flags, and a credential that is not accepted: another start would end in the same way. */
const FINAL_STATUSES = [2, 4];

export function logFileIn({ data }: ServicePlaces): string {
  return join(data, "agent.log");
}

/** People call the installed agent by a short name. */
function writeLauncher({ launcher, program }: ServicePlaces): void {
  if (launcher === null) return;
  const [node = "", main = ""] = programCommand(program, "current");
  mkdirSync(dirname(launcher), { recursive: true });
  rmSync(launcher, { force: true });
  writeFileSync(launcher, `#!/bin/sh\nexec "${node}" "${main}" "$@"\n`, { mode: 0o755 });
}
