import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import { nodeEnvironment, StateSync } from "@neverstale/client";
import { collection, defineModel, patch, put, remove, type StateOf } from "@neverstale/protocol";
import { memoryStore, StateManager, serveSync } from "@neverstale/server";
import { WebSocket } from "ws";

// #region model
// The main space lists the rooms. Each room is a space of its own: it has its own versions, and its own followers.
const lobby = defineModel({
  model: 1,
  collections: { rooms: collection<{ id: string; title: string; members: readonly string[] }>() },
  changes: { room_opened: put("rooms"), room_changed: patch("rooms"), room_closed: remove("rooms") },
});
const room = defineModel({
  model: 1,
  collections: { cards: collection<{ id: string; title: string }>() },
  changes: { card_added: put("cards") },
});
const manager = await StateManager.open({ model: lobby, spaces: { "room/": room }, store: memoryStore() });
// #endregion model

// #region open
// The record and the space are made together, or not at all.
function openRoom(id: string, title: string, members: readonly string[]) {
  return manager.transact((_, transaction) => {
    transaction.createSpace(`room/${id}`);
    return [{ type: "room_opened", target: id, data: { title, members } }];
  });
}

// They end together, too. Whoever follows the room is told that it is no more (4404).
function closeRoom(id: string) {
  return manager.transact((_, transaction) => {
    transaction.removeSpace(`room/${id}`, { archive: false });
    return [{ type: "room_closed", target: id }];
  });
}
// #endregion open

// #region serve
const server = createServer().listen(0, "127.0.0.1");
await once(server, "listening");
const present = new Map<string, string[]>();

const sync = serveSync(server, {
  manager,
  path: (pathname) => pathname.startsWith("/sync/"),
  authorize: (request, { url }) => {
    const user = userOf(request);
    if (user === null) return { refuse: 401, code: "not_signed_in", message: "Sign in first." };
    const id = url.pathname.slice("/sync/".length);
    const isMember = manager.state.rooms.get(id)?.members.includes(user) ?? false;
    if (!isMember) return { refuse: 403, code: "forbidden", message: "Only members see this room." };
    return { space: `room/${id}`, subject: user };
  },
  // Who is here is kept in memory, since a process that is killed tells nobody that its followers are gone.
  onJoin: ({ space, subject }) => present.set(space, [...(present.get(space) ?? []), String(subject)]),
  onLeave: ({ space, subject }) => {
    const left = present.get(space) ?? [];
    present.set(space, left.toSpliced(left.indexOf(String(subject)), 1));
  },
});

// Your own sessions stand here: a cookie, a token, or whatever you have.
function userOf({ headers }: IncomingMessage): string | null {
  return /^Bearer (\w+)$/.exec(headers.authorization ?? "")?.[1] ?? null;
}
// #endregion serve

// #region rights
// The right is taken away in the state first, and then from the connections that had it.
async function removeMember(id: string, user: string) {
  await manager.transact(({ rooms }) => {
    const members = (rooms.get(id)?.members ?? []).filter((member) => member !== user);
    return [{ type: "room_changed", target: id, data: { members } }];
  });
  sync.revoke((subject) => (subject === user ? 4403 : null));
}
// #endregion rights

await openRoom("1", "Kitchen", ["ann", "bob"]);
const { port } = server.address() as { port: number };
const follow = (user: string) => {
  const io = nodeEnvironment({ WebSocket, headers: { Authorization: `Bearer ${user}` } });
  return new StateSync<StateOf<typeof room>>({ url: `ws://127.0.0.1:${port}/sync/1`, io });
};
const [ann, bob, eve] = [follow("ann"), follow("bob"), follow("eve")];
const until = (isTrue: () => boolean) =>
  new Promise<void>((resolve) => {
    const timer = setInterval(() => isTrue() && resolve(clearInterval(timer)), 5);
  });
await until(() => ann.status.type === "live" && bob.status.type === "live" && eve.status.type === "stale");
console.log(eve.status, present.get("room/1")?.toSorted());

await manager.apply({ type: "card_added", target: "c1", data: { title: "Buy milk" } }, { space: "room/1" });
await until(() => ann.state.cards.size === 1);
await removeMember("1", "bob");
await until(() => bob.status.type === "stale" && present.get("room/1")?.length === 1);
await closeRoom("1");
await until(() => ann.status.type === "stale");
console.log(bob.status, ann.status);

await manager.close();
process.exit();
