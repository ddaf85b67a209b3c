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
  "GET /api/hosts/export",
  ...[
    "GET /api/state",
    "GET /api/state/reach",
    "GET /api/event-log",
    "GET /api/openapi.json",
    "GET /api/agent-package",
  ],
  ...["GET /api", "GET /api/style.css", "GET /api/api-token"],
  ...["GET /api/commands", "GET /api/commands/:id/output", "GET /api/commands/:id/output/search", "GET /api/pipelines"],
  ...["GET /api/hosts/:id/metrics", "GET /api/hosts/:id/output", "GET /api/about"],
  ...followed("/sync/output/:id"),
];
/** A group or a schedule may name any host, and a view is followed over WebSocket alone. */
const WHOLE_FLEET_VIEWER = [
  ...["GET /api/groups", "GET /api/schedules", "GET /api/pipeline-log", "GET /api/alert-log"],
  ...followed("/sync"),
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
  "POST /api/runs/:id/cancel",
  ...["POST /api/alerts/:id/acknowledge", "POST /api/alerts/:id/resolve"],
  ...["POST /api/silences", "DELETE /api/silences/:id", "PATCH /api/hosts/:id"],
];
/** A filter of a group may name any host. */
const WHOLE_FLEET_OPERATOR = ["POST /api/groups", "DELETE /api/groups/:name", "POST /api/schedules/:id/run"];
const ACCOUNTS = [
  ...["GET /api/users", "POST /api/users", "PATCH /api/users/:name", "DELETE /api/users/:name"],
  ...["POST /api/users/:name/reset", "GET /api/users/:name/sessions", "GET /api/users/:name/api-tokens"],
  "DELETE /api/users/:name/second-factor",
];
/** An admin who is limited to some tags has to do with hosts that carry one, and neither with people nor with new hosts. */
const ADMIN_OF_HOSTS = ["DELETE /api/hosts/:id", "POST /api/hosts/:id/credential/rotate"];
const ADMIN = [
  ...["GET /api/server", "GET /api/audit/proof"],
  ...["GET /api/audit/export", "GET /api/erasures", "POST /api/erasures"],
  ...["GET /api/enrollment-tokens", "POST /api/enrollment-tokens", "DELETE /api/enrollment-tokens/:id"],
  "POST /api/catalogue/read",
  ...["GET /api/notifications", "POST /api/notifications/:target/test"],
];

const ROLES = ["viewer", "operator", "admin"] as const;
type Role = (typeof ROLES)[number];
const LIMITED = ROLES.map((role) => `limited ${role}` as const);
const TOKENS = ROLES.map((role) => `token of ${role}` as const);
/** Such a token is that of somebody who sees the whole fleet, and is limited itself. */
const LIMITED_TOKENS = ROLES.map((role) => `limited token of ${role}` as const);
/** Such a token is limited because its owner is. */
const TOKENS_OF_LIMITED = ROLES.map((role) => `token of limited ${role}` as const);
const CALLERS = [
  ...(["nobody", "agent"] as const),
  ...[...ROLES, ...LIMITED, ...TOKENS, ...LIMITED_TOKENS, ...TOKENS_OF_LIMITED],
];
type Caller = (typeof CALLERS)[number];

/** Everybody has such a role, whatever hosts that is about. */
function withRole(...roles: readonly Role[]): readonly Caller[] {
  return CALLERS.filter((caller) => roles.some((role) => caller.endsWith(role)));
}

/** Those of them who see the whole fleet. */
function unlimited(callers: readonly Caller[]): readonly Caller[] {
  return callers.filter((caller) => !caller.includes("limited"));
}

function people(callers: readonly Caller[]): readonly Caller[] {
  return callers.filter((caller) => !caller.includes("token"));
}

const VIEWERS = withRole("viewer", "operator", "admin");
const OPERATORS = withRole("operator", "admin");
const ADMINS = withRole("admin");

const ROWS: readonly (readonly [routes: readonly string[], allowed: readonly Caller[]])[] = [
  [ANYBODY_READS, CALLERS],
  [WAYS_IN, ["nobody", ...people(VIEWERS)]],
  [NEW_AGENT, ["agent", ...VIEWERS.filter((caller) => caller.includes("token"))]],
  [AGENT, ["agent"]],
  [VIEWER, VIEWERS],
  [WHOLE_FLEET_VIEWER, unlimited(VIEWERS)],
  [OPERATOR, OPERATORS],
  [WHOLE_FLEET_OPERATOR, unlimited(OPERATORS)],
  [ADMIN_OF_HOSTS, ADMINS],
  [ADMIN, unlimited(ADMINS)],
  [OWN_ACCOUNT, people(VIEWERS)],
  [ACCOUNTS, unlimited(people(ADMINS))],
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
      const limited = { name: `the-limited-${role}`, role, tags: ["team:web"] };
      inviteUser(work, "admin", limited, `the link of the limited ${role}`);
      const asked = { label: "a script", role, ttlS: 3_600 };
      makeApiToken(work, "admin", hashOf(tokenOf(`token of ${role}`)), asked);
      makeApiToken(work, "admin", hashOf(tokenOf(`limited token of ${role}`)), { ...asked, tags: ["team:web"] });
      makeApiToken(work, limited.name, hashOf(tokenOf(`token of limited ${role}`)), asked);
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
  if (caller.includes("token")) return { authorization: `Bearer ${tokenOf(caller)}` };
  if (caller === "nobody") return { origin: address };
  const secret = newSecret();
  const opening = { user: `the-${caller.replace(" ", "-")}`, how: "in a test" };
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
