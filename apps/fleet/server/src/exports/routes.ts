/** Hosts and the audit are exported by these routes. */

import { AuditExportQuery, type Host, HostExportQuery, isHostGranted } from "@neverstale/fleet-domain";
import { AUDIT_COLUMNS, exportedAudit } from "../audit/exported-audit.ts";
import type { FleetManager } from "../fleet/state.ts";
import { EXPORTED_HOST_COLUMNS, exportedHosts } from "../hosts/exported-hosts.ts";
import { queried, type Route, userOf } from "../http/route.ts";
import { exportAnswer } from "./export.ts";

export function exportRoutes({ manager }: ExportRoutesParts): Route[] {
  return [
    {
      method: "GET",
      path: "/api/hosts/export",
      query: HostExportQuery,
      allow: "viewer",
      handle: (ask) => {
        const { format, tag } = queried(HostExportQuery, ask);
        const granted = userOf(ask).tags;
        const isMeant = (host: Host) => isHostGranted(granted, host) && (tag === undefined || host.tags.includes(tag));
        const records = exportedHosts(manager.state, isMeant);
        return exportAnswer(format, { name: "hosts", records, columns: EXPORTED_HOST_COLUMNS });
      },
    },
    {
      method: "GET",
      path: "/api/audit/export",
      query: AuditExportQuery,
      allow: "admin",
      wholeFleet: true,
      handle: (ask) => {
        const { format, ...asked } = queried(AuditExportQuery, ask);
        const records = exportedAudit(manager, asked);
        return exportAnswer(format, { name: "audit", records, columns: AUDIT_COLUMNS });
      },
    },
  ];
}

export interface ExportRoutesParts {
  readonly manager: FleetManager;
}
