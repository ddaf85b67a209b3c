/** Hosts are printed as a table, with what their checks have found below each. */

import { type Host, labelOf } from "@neverstale/fleet-domain";
import { columnLines } from "../terminal/columns.ts";
import { oneLine } from "../terminal/plain-text.ts";

/** Nothing that a host says of itself commands the terminal (C36). */
export function hostLines(hosts: readonly Host[]): string[] {
  const [head = "", ...lines] = columnLines(HEAD, hosts.map(rowOf));
  return [head, ...hosts.flatMap((host, index) => [lines[index] ?? "", ...problemsOf(host)])];
}

/** True when a check of the host is not well, or nobody knows. */
export function hasProblem({ checks }: Host): boolean {
  return Object.values(checks).some(({ status }) => status !== "ok");
}

const HEAD = ["HOST", "STATUS", "AGENT", "SYSTEM", "TAGS"] as const;

function rowOf(host: Host): string[] {
  const status = host.online ? (host.runningCommand === undefined ? "online" : "busy") : "offline";
  return [labelOf(host), status, host.agentVersion, `${host.os} ${host.arch}`, host.tags.join(",")];
}

function problemsOf({ checks }: Host): string[] {
  return Object.entries(checks)
    .filter(([, { status }]) => status !== "ok")
    .map(([name, { status, message }]) => oneLine(`  ${name}: ${status}: ${message}`));
}
