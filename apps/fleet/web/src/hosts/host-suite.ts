/** The tests of the page make the records of hosts here. */

import type { Host } from "@neverstale/fleet-domain";

/** The host is online, idle, and allows nothing, unless `more` says otherwise. */
export function hostRecord(id: string, more: Partial<Host> = {}): Host {
  return {
    id,
    hostname: id,
    os: "",
    arch: "",
    agentVersion: "",
    tags: [],
    online: true,
    checks: {},
    ops: [],
    enrolledAt: "2026-01-01T00:00:00.000Z",
    ...more,
  };
}
