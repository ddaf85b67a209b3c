/** An admin has the server look by this route whether its audit holds together. */

import { AuditProof } from "@neverstale/fleet-domain";
import type { Route } from "../http/route.ts";
import type { AuditProofs } from "./audit-proofs.ts";

export function auditRoutes({ auditProofs }: { readonly auditProofs: AuditProofs }): Route[] {
  return [
    {
      method: "GET",
      path: "/api/audit/proof",
      allow: "admin",
      wholeFleet: true,
      answer: AuditProof,
      handle: async () => ({ body: await auditProofs.prove() }),
    },
  ];
}
