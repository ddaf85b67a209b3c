/** The service manager of the system starts the agent, and starts it again when it ends. */

import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { PLIST_LABEL, UNIT_NAME } from "../service-places.ts";

export type ServiceKind = "systemd" | "launchd" | "none";

/** Says which service manager the system below this folder runs. */
export function serviceKind(root: string): ServiceKind {
  if (process.platform === "darwin") return "launchd";
  return existsSync(`${root.replace(/\/+$/, "")}/run/systemd/system`) ? "systemd" : "none";
}

/** The service file is there. It starts the service, also when an older one runs, and at each start of the system. */
export function startService(kind: ServiceKind, plist: string): void {
  if (kind === "systemd") {
    command("systemctl", "daemon-reload");
    command("systemctl", "enable", UNIT_NAME);
    command("systemctl", "restart", UNIT_NAME);
  }
  if (kind === "launchd") {
    attempt("launchctl", "bootout", `system/${PLIST_LABEL}`);
    command("launchctl", "bootstrap", "system", plist);
  }
}

/** The service file is the same, and what it starts is another version. */
export function restartService(kind: ServiceKind): void {
  if (kind === "systemd") command("systemctl", "restart", UNIT_NAME);
  if (kind === "launchd") command("launchctl", "kickstart", "-k", `system/${PLIST_LABEL}`);
}

/** Its end is waited for. It need not run. */
export function stopService(kind: ServiceKind): void {
  if (kind === "systemd") attempt("systemctl", "disable", "--now", UNIT_NAME);
  if (kind === "launchd") attempt("launchctl", "bootout", `system/${PLIST_LABEL}`);
}

/** The service file is gone. */
export function forgetService(kind: ServiceKind): void {
  if (kind === "systemd") attempt("systemctl", "daemon-reload");
}

/** Returns where its log is read. */
export function logCommand(kind: ServiceKind, logFile: string): string {
  return kind === "systemd" ? `journalctl -u ${UNIT_NAME}` : `tail ${logFile}`;
}

function command(program: string, ...args: readonly string[]): void {
  const problem = attempt(program, ...args);
  if (problem !== null) throw new Error(`${[program, ...args].join(" ")} failed: ${problem}`);
}

/** Null means that it went well. */
function attempt(program: string, ...args: readonly string[]): string | null {
  const { status, error, stderr } = spawnSync(program, args, { encoding: "utf8", stdio: ["ignore", "ignore", "pipe"] });
  if (error !== undefined) return error.message;
  return status === 0 ? null : stderr.trim() || `exit status ${status}`;
}
