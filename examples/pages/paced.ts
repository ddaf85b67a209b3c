import type { StateSync } from "@neverstale/client";
import { pacedReplica } from "@neverstale/client/bindings";

type Hosts = { readonly hosts: ReadonlyMap<string, { readonly id: string; readonly status: string }> };

/** The page is drawn ten times a second at most, however many changes come. */
export function drawnTenTimesASecond(sync: StateSync<Hosts>): StateSync<Hosts> {
  return pacedReplica(sync, (tell) => setTimeout(tell, 100));
}
