import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import { nodeEnvironment, StateSync } from "@neverstale/client";
import { collection, defineModel, put } from "@neverstale/protocol";
import { memoryStore, type Refusal, StateManager, serveSync } from "@neverstale/server";
import { WebSocket } from "ws";

const model = defineModel({
  model: 1,
  collections: { notes: collection<{ id: string; text: string }>() },
  changes: { note_added: put("notes") },
});
const manager = await StateManager.open({ model, store: memoryStore() });
const server = createServer().listen(0, "127.0.0.1");
await once(server, "listening");

const NOT_SIGNED_IN: Refusal = { refuse: 401, code: "not_signed_in", message: "Sign in first." };

// #region cookie
// Pages of your own site bring a cookie. Another site can make a browser send the cookie, but it can't read the session's token,
// so the page shows the token besides: `new StateSync({ url: "/sync", csrf: "/api/session" })` fetches it there.
const sessions = new Map([["s1", { user: "ann", csrfToken: "token-of-s1" }]]);

function sessionOf({ headers }: IncomingMessage) {
  return sessions.get(/(?:^|; )session=([^;]*)/.exec(headers.cookie ?? "")?.[1] ?? "");
}

serveSync(server, {
  manager,
  path: "/sync",
  csrf: (request) => sessionOf(request)?.csrfToken ?? null, // It is compared for you, in constant time.
  authorize: (request) => {
    const session = sessionOf(request);
    return session === undefined ? NOT_SIGNED_IN : { space: "main", subject: session.user };
  },
});
// #endregion cookie

// #region bearer
// Programs bring a token of their own in a header. No browser sends that by itself, so no CSRF token is needed.
const tokens = new Map([["secret-of-the-robot", "robot"]]);

serveSync(server, {
  manager,
  path: "/programs",
  authorize: ({ headers }) => {
    const user = tokens.get(headers.authorization?.replace(/^Bearer /, "") ?? "");
    return user === undefined ? NOT_SIGNED_IN : { space: "main", subject: user };
  },
});
// #endregion bearer

// #region ticket
// A page of another origin has no cookie of yours, and a browser lets no page set a header of a WebSocket. Its server asks yours
// for a ticket that is good for some minutes, and the page shows it where the CSRF token would stand: `csrf: () => fetchTicket()`.
const tickets = new Map([["ticket-1", { user: "guest", until: Date.now() + 300_000 }]]);

serveSync(server, {
  manager,
  path: "/embedded",
  allowedOrigins: ["https://partner.example.org"],
  authorize: (_, { csrf }) => {
    const ticket = tickets.get(csrf ?? "");
    return ticket === undefined || ticket.until < Date.now() ? NOT_SIGNED_IN : { space: "main", subject: ticket.user };
  },
});
// #endregion ticket

const { port } = server.address() as { port: number };
const origin = `http://127.0.0.1:${port}`;
const asPage = (headers: Readonly<Record<string, string>>) => nodeEnvironment({ WebSocket, headers });
const address = (path: string) => `ws://127.0.0.1:${port}${path}`;
const replicas = {
  page: new StateSync({
    url: address("/sync"),
    io: asPage({ Cookie: "session=s1", Origin: origin }),
    csrf: () => "token-of-s1",
  }),
  forgedPage: new StateSync({
    url: address("/sync"),
    io: asPage({ Cookie: "session=s1", Origin: "https://evil.example" }),
  }),
  program: new StateSync({ url: address("/programs"), io: asPage({ Authorization: "Bearer secret-of-the-robot" }) }),
  stranger: new StateSync({ url: address("/programs"), io: asPage({ Authorization: "Bearer guessed" }) }),
  embedded: new StateSync({
    url: address("/embedded"),
    io: asPage({ Origin: "https://partner.example.org" }),
    csrf: () => "ticket-1",
  }),
};
const isSettled = (sync: StateSync) => sync.status.type !== "connecting" && sync.status.type !== "catching_up";
await new Promise<void>((resolve) => {
  const timer = setInterval(() => {
    if (Object.values(replicas).every(isSettled)) resolve(clearInterval(timer));
  }, 5);
});
for (const [who, { status }] of Object.entries(replicas)) console.log(who, "why" in status ? status.why : status.type);

await manager.close();
process.exit();
