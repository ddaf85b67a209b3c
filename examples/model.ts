import { type ChangeOf, collection, defineModel, effectOf, patch, put, remove } from "@neverstale/protocol";

type Host = { id: string; status: string; name?: string };
const model = defineModel({
  model: 1,
  collections: { hosts: collection<Host>(), events: collection(null, { keep: { newest: 100 } }) },
  changes: {
    host_added: put("hosts"),
    host_updated: patch("hosts"),
    host_removed: remove("hosts"),
    event: put("events"),
  },
});

// The model types its changes. In a patch, null takes away a member that may be absent.
const change: ChangeOf<typeof model> = { type: "host_updated", target: "web-1", data: { status: "up", name: null } };

const before = { id: "web-1", status: "down", name: "Web" };
const { after, patch: moved } = effectOf(model, change, () => before);
console.log(after, moved);
