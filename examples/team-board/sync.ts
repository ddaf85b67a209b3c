import { randomUUID } from "node:crypto";
import { type Refusal, StateManager, serveMutations, serveSync } from "@neverstale/server";
import { sqliteStore } from "@neverstale/store-sqlite";
import { addCard, board, changeCard, deleteCard, views } from "./board.ts";
import { server } from "./http.ts";
import { ROOMS } from "./records.ts";
import { userOf } from "./session.ts";

const NOT_SIGNED_IN: Refusal = { refuse: 401, code: "not_signed_in", message: "Sign in first." };
const granted = (user: string | null) => (user === null ? NOT_SIGNED_IN : { user });

const left = (target: string) => ({ type: "person_left", target }) as const;

const manager = await StateManager.open({
  model: board,
  views: [views],
  store: sqliteStore(process.env.BOARD ?? "board.db"),
  mutations: [addCard, changeCard, deleteCard],
  migrate: ({ people }) => [...ROOMS, ...[...people.keys()].map(left)], // Nobody is here yet.
});
serveSync(server, {
  manager,
  authorize: (request, { url }) => {
    const [user, room] = [userOf(request), url.searchParams.get("room") ?? ""];
    if (user === null) return NOT_SIGNED_IN;
    if (!manager.state.rooms.get(room)?.members.includes(user))
      return { refuse: 403, code: "forbidden", message: "Only members see this room." };
    return { space: "main", subject: `${room}/${user}/${randomUUID()}`, view: views.of({ [room]: "member" }) };
  },
  onJoin: ({ subject }) => manager.apply({ type: "person_came", target: String(subject), data: {} }),
  onLeave: ({ subject }) => manager.apply(left(String(subject))),
});
export const mutate = serveMutations({ manager, authorize: (request) => granted(userOf(request)) });
