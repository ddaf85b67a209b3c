import { memoryStore } from "@neverstale/server";
import { afterAll, beforeAll, expect, test } from "vitest";
import { makeApiToken } from "../../accounts/api-tokens.ts";
import { openSession } from "../../accounts/decide.ts";
import { csrfTokenOf, hashOf, newSecret } from "../../accounts/io/secrets.ts";
import { inviteUser } from "../../accounts/users.ts";
import { Fleets, type HostAgent, onlineHost, send, signIn } from "../../fleet/fleet-suite.ts";
import type { RunningFleet } from "../../process/io/start.ts";

/*
 * Every route of the table is asked for by everybody there is, and answered as these rows say. A route that stands in no row fails, so
 * whoever adds one says here who may have it.
 */

/** A browser may read these without a session, and so may a program. */
const ANYBODY_READS = [
  ...[
    "GET /",
    "GET /*",
    "GET /healthz",
    "GET /metrics",
    "GET /readyz",
    "GET /api/session/here",
    "GET /api/login/proxy",
  ],
  ...["GET /agent/neverstale.tgz", "GET /agent/node/:file"],
];
/** A page of the server's own comes in by these. */
const WAYS_IN = ["POST /api/invitation", "POST /api/login", "POST /api/login/proxy", "POST /api/setup"];
/** Whoever is no browser may ask, and the enrolment token in the body says whether it is one. */
const NEW_AGENT = ["POST /agent/enroll"];
const AGENT = ["POST /agent/claims", "POST /agent/credential", "POST /agent/reports", ...followed("/agent/sync")];
const VIEWER = [
  ...["GET /api/hosts/export", "GET /api/pipeline-log", "GET /api/alert-log"],
  ...["GET /api/state", "GET /api/event-log", "GET /api/openapi.json", "GET /api/agent-package"],
  ...["GET /api", "GET /api/style.css", "GET /api/api-token"],
  ...["GET /api/commands", "GET /api/commands/:id/output", "GET /api/commands/:id/output/search", "GET /api/pipelines"],
  "GET /api/groups",
  "GET /api/schedules",
  ...["GET /api/hosts/:id/metrics", "GET /api/hosts/:id/output"],
  ...[...followed("/sync"), ...followed("/sync/output/:id")],
];
/** Who is signed in looks after the own account. No API token does. */
const OWN_ACCOUNT = [
  ...["GET /api/session", "GET /api/sessions", "DELETE /api/sessions/:id", "POST /api/logout", "POST /api/password"],
  ...["GET /api/api-tokens", "POST /api/api-tokens", "DELETE /api/api-tokens/:id"],
  ...["GET /api/second-factor", "POST /api/second-factor", "POST /api/second-factor/confirm"],
  ...["POST /api/second-factor/recovery-codes", "POST /api/second-factor/remove", "POST /api/session/confirm"],
];
const OPERATOR = [
  ...["POST /api/dispatch", "POST /api/dispatch/pipeline", "POST /api/mutations/:name"],
  ...["POST /api/commands/:id/cancel", "POST /api/pipelines/:id/cancel", "POST /api/pipelines/:id/retry"],
  ...["POST /api/alerts/:id/acknowledge", "POST /api/alerts/:id/resolve"],
  ...["POST /api/silences", "DELETE /api/silences/:id", "PATCH /api/hosts/:id"],
  ...["POST /api/groups", "DELETE /api/groups/:name"],
];
const ACCOUNTS = [
  ...["GET /api/users", "POST /api/users", "PATCH /api/users/:name", "DELETE /api/users/:name"],
  ...["POST /api/users/:name/reset", "GET /api/users/:name/sessions", "GET /api/users/:name/api-tokens"],
  "DELETE /api/users/:name/second-factor",
];
const ADMIN = [
  ...["GET /api/audit/export", "GET /api/erasures", "POST /api/erasures"],
  ...["GET /api/enrollment-tokens", "POST /api/enrollment-tokens", "DELETE /api/enrollment-tokens/:id"],
  ...["DELETE /api/hosts/:id", "POST /api/hosts/:id/credential/rotate", "POST /api/catalogue/read"],
  ...["GET /api/notifications", "POST /api/notifications/:target/test"],
];

const ROLES = ["viewer", "operator", "admin"] as const;
const CALLERS = ["nobody", ...ROLES, "token of viewer", "token of operator", "token of admin", "agent"] as const;
type Caller = (typeof CALLERS)[number];

const ROWS: readonly (readonly [routes: readonly string[], allowed: readonly Caller[]])[] = [
  [ANYBODY_READS, CALLERS],
  [WAYS_IN, ["nobody", ...ROLES]],
  [NEW_AGENT, ["token of viewer", "token of operator", "token of admin", "agent"]],
  [AGENT, ["agent"]],
  [VIEWER, [...ROLES, "token of viewer", "token of operator", "token of admin"]],
  [OPERATOR, ["operator", "admin", "token of operator", "token of admin"]],
  [ADMIN, ["admin", "token of admin"]],
  [OWN_ACCOUNT, ROLES],
  [ACCOUNTS, ["admin"]],
];

/** The profile over HTTP has these below each address that is followed. */
function followed(path: string): string[] {
  const below = ["snapshot", "s/:space/:epoch/:version", "t/:space/:epoch/:version", "live/:space/:epoch/:version"];
  return below.map((each) => `GET ${path}/${each}`);
}

const fleets = new Fleets();
let fleet: RunningFleet;
let host: HostAgent;

beforeAll(async () => {
  const attempts = { burst: 10_000, perSecond: 1 };
  fleet = await fleets.start({ store: memoryStore(), rateLimits: { attempts } });
  host = await onlineHost(await signIn(fleet), "web-1");
  await fleet.parts.transactions.transact((work) => {
    for (const role of ROLES) {
      inviteUser(work, "admin", { name: `the-${role}`, role }, `the link of the ${role}`);
      makeApiToken(work, "admin", hashOf(tokenOf(`token of ${role}`)), { label: "a script", role, ttlS: 3_600 });
    }
  });
});
afterAll(() => fleets.end());

function tokenOf(caller: Caller): string {
  return `nst_${hashOf(caller)}`;
}

/** Each request has a session of its own, as some of them end it. */
async function headersOf(caller: Caller): Promise<Readonly<Record<string, string>>> {
  const { address, parts } = fleet;
  if (caller === "agent") return host.headers;
  if (caller.startsWith("token")) return { authorization: `Bearer ${tokenOf(caller)}` };
  if (caller === "nobody") return { origin: address };
  const secret = newSecret();
  const opening = { user: `the-${caller}`, how: "in a test" };
  await parts.transactions.transact((work) => openSession(work, hashOf(secret), opening));
  const [cookie = ""] = parts.cookies.setSession({ origin: address }, secret, 60).split(";");
  return { origin: address, cookie, "x-csrf-token": csrfTokenOf(secret) };
}

/** True means that the request came past the guard, whatever became of it there. */
async function comesIn(caller: Caller, method: string, path: string): Promise<boolean> {
  const body = method === "GET" || method === "DELETE" ? {} : { body: {} };
  const target = path.replaceAll(/:\w+/g, "no-such-thing").replace("*", "no-such-file");
  const { status } = await send(fleet.address, method, target, { ...body, headers: await headersOf(caller) });
  expect([caller, method, path, status]).not.toEqual([caller, method, path, 429]);
  return status !== 401 && status !== 403;
}

test("[C30] every route stands in one row that says who may have it, and no row names another", () => {
  const rows = ROWS.flatMap(([routes]) => routes);
  const served = fleet.app.routes.map(({ method, path }) => `${method} ${path}`);

  expect(rows.toSorted()).toEqual(served.toSorted());
});

test.each(CALLERS)("[C30] [C11] of all routes, %s gets those that the rows allow, and no other", async (caller) => {
  const wrong: string[] = [];
  for (const [routes, allowed] of ROWS) {
    for (const route of routes) {
      const [method = "", path = ""] = route.split(" ");
      const isIn = await comesIn(caller, method, path);
      if (isIn !== allowed.includes(caller)) wrong.push(`${route} ${isIn ? "lets" : "keeps out"} ${caller}`);
    }
  }

  expect(wrong).toEqual([]);
});
