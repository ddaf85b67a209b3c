/** The uninstall takes the agent off this host. What the host's admin wrote, and the credential, stay unless they are purged. */

import { rmSync } from "node:fs";
import { homedir } from "node:os";
import { type ServiceSettings, UsageError } from "../../io/settings.ts";
import { servicePlaces } from "../service-places.ts";
import type { InstallOutcome, TellPerson } from "./install.ts";
import { readInstalled } from "./installed.ts";
import { forgetService, stopService } from "./service-manager.ts";

export function uninstallAgent({ root, purge }: ServiceSettings, say: TellPerson): InstallOutcome {
  const isRoot = process.getuid?.() === 0;
  const places = servicePlaces(root, isRoot || root !== "/" ? null : homedir());
  const installed = readInstalled(places);
  if (installed === null) throw new UsageError(`no agent is installed here: there is no ${places.settings}`);
  if (installed.service !== "none" && !isRoot && root === "/")
    throw new UsageError("a service is uninstalled by root: run it with sudo");
  stopService(installed.service);
  const gone = [places.unit, places.plist, places.program, ...(places.launcher === null ? [] : [places.launcher])];
  const kept = [places.data, places.settings];
  for (const path of purge ? [...gone, ...kept] : gone) rmSync(path, { recursive: true, force: true });
  forgetService(installed.service);
  if (purge) say("the agent is gone, with its credential and its agent.yaml");
  else say(`the agent is gone. Its credential and its agent.yaml are kept: ${kept.join(", ")}`);
  say(`the server shows the host as offline until somebody removes it there: ${installed.server}`);
  return { type: "done" };
}
