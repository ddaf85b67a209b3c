/** The hosts of the engine's site, and what its pages may ask for. Both ends import this. */

import { collection, defineModel, defineMutation, put, remove } from "@neverstale/protocol";
import { z } from "zod";

export const hostModel = defineModel({
  model: 1,
  collections: { hosts: collection<{ id: string; cpu: number; note?: string }>() },
  changes: { host_put: put("hosts"), host_removed: remove("hosts") },
});

/** It shows in the note of a host how often it was done, and after what. */
export const noteHost = defineMutation({
  name: "note_host",
  model: hostModel,
  optimistic: true,
  args: z.string(),
  decide: ({ hosts }, text) => {
    const { cpu = 0, note = "" } = hosts.get("noted") ?? {};
    return [{ type: "host_put", target: "noted", data: { cpu: cpu + 1, note: `${note}${text}` } }];
  },
});
