/** The server keeps the saved views, as groups of hosts. */

import { request } from "@neverstale/client";
import { serverPath } from "../../../state/io/base-path.ts";
import type { FleetReplica } from "../../../state/replica-hooks.ts";
import type { SavedView } from "../view-place.ts";

/** It shows in the state once it is saved. */
export async function saveView(
  replica: FleetReplica,
  name: string,
  { filter, look }: Pick<SavedView, "filter" | "look">,
): Promise<void> {
  const body = { name, filter, ...(look === undefined ? {} : { look: { ...look } as Record<string, string> }) };
  await request(replica.route(serverPath("/api/groups")), body);
}

export async function removeView(replica: FleetReplica, name: string): Promise<void> {
  const path = serverPath(`/api/groups/${encodeURIComponent(name)}`);
  await request(replica.route(path), undefined, { method: "DELETE" });
}
