import { once } from "node:events";
import { createServer } from "node:http";
import { StateSync } from "@neverstale/client";
import {
  collection,
  defineModel,
  defineView,
  everything,
  patch,
  put,
  type StateOf,
  through,
} from "@neverstale/protocol";
import { memoryStore, StateManager, serveSync } from "@neverstale/server";

const fleet = defineModel({
  model: 1,
  collections: {
    hosts: collection<{ id: string; team: string; load?: number; address?: string }>(),
    commands: collection<{ id: string; host: string; text: string }>(),
  },
  changes: { host_added: put("hosts"), host_moved: patch("hosts"), command_added: put("commands") },
});

// A record has keys, and a role shows fields. A command has the keys of its host.
const views = defineView(fleet, {
  keys: { hosts: ({ team }) => [`team:${team}`], commands: through("hosts", "host") },
  roles: { operator: { hosts: "*", commands: "*" }, guest: { hosts: ["load"] } },
});

const manager = await StateManager.open({ model: fleet, views: [views], store: memoryStore() });
const server = createServer().listen(0, "127.0.0.1");
await once(server, "listening");

// This stands for sessions: who is who, and may see what, is known by your own server.
const granted = new Map([
  ["ann", views.of({ "team:web": "operator", "team:db": "guest" })],
  ["bob", views.of({ "team:db": "guest" })],
]);
const endpoint = serveSync(server, {
  manager,
  authorize: (_, { url }) => {
    const user = url.searchParams.get("user") ?? "";
    const view = user === "admin" ? everything : granted.get(user);
    return view === undefined
      ? { refuse: 401, code: "not_signed_in", message: "Who are you?" }
      : { space: "main", subject: user, view };
  },
});

const { port } = server.address() as { port: number };
const follow = (user: string) =>
  new StateSync<StateOf<typeof fleet>>({ url: `ws://127.0.0.1:${port}/sync?user=${user}` });
const ann = follow("ann");
const bob = follow("bob");
const shows = (name: string, { state }: typeof ann) =>
  console.log(name, ...(state.hosts?.values() ?? []), state.commands?.size);
const until = (sync: typeof ann, isTrue: () => boolean) =>
  new Promise<void>((resolve) => {
    const look = () => isTrue() && resolve();
    sync.subscribe(look);
    look();
  });

await manager.apply({ type: "host_added", target: "web-1", data: { team: "web", load: 2, address: "10.0.0.7" } });
const { epoch, version } = await manager.apply({
  type: "command_added",
  target: "c1",
  data: { host: "web-1", text: "uptime" },
});
await Promise.all([ann.reached({ epoch, version }), bob.reached({ epoch, version })]);
shows("ann", ann);
shows("bob", bob);

// The host goes to another team: it leaves ann's list of details, and comes to bob as a guest sees it.
const moved = await manager.apply({ type: "host_moved", target: "web-1", data: { team: "db" } });
await Promise.all([ann.reached(moved), bob.reached(moved)]);
shows("ann", ann);
shows("bob", bob);

// Rights that change: bob comes back at once, and is given what he may see now.
granted.set("bob", views.of({ "team:db": "operator" }));
endpoint.revoke((subject) => (subject === "bob" ? 1012 : null));
await until(bob, () => bob.state.hosts?.get("web-1")?.address !== undefined);
shows("bob", bob);

await manager.close();
process.exit();
