/** The verdict about an audit is printed in these lines. */

import type { AuditVerdict } from "@neverstale/fleet-server";

export function auditLines({
  proved,
  events,
  first,
  head,
  anchor,
  beforeChain,
  break: broken,
}: AuditVerdict): string[] {
  const lines = [
    `${events} audit events were proved${first === null ? "" : `, from number ${first.sequence} on (${first.at})`}`,
  ];
  if (anchor !== null) lines.push(`older ones were let go of, up to number ${anchor.sequence} (${anchor.at})`);
  if (beforeChain > 0) lines.push(`${beforeChain} events are from before the chain: nothing proves them`);
  if (broken !== null)
    lines.push(
      `BROKEN at ${broken.id}${broken.at === null ? "" : ` (${broken.at})`}: ${broken.what}: ${broken.detail}`,
    );
  lines.push(`head ${head.sequence}:${head.hash}`, proved ? "proved" : "NOT PROVED");
  return lines;
}
