import { memoryStore } from "@neverstale/server";
import { afterAll, beforeAll, expect, test } from "vitest";
import { makeApiToken } from "../../accounts/api-tokens.ts";
import { follow, followByToken, limitedPerson, taggedHost, withoutAnswerId } from "../../accounts/grants-suite.ts";
import { hashOf } from "../../accounts/io/secrets.ts";
import { dispatchMutations } from "../../commands/dispatch-mutations.ts";
import {
  type Browser,
  closeCode,
  commandsOf,
  Fleets,
  type HostAgent,
  type ServerAnswer,
  send,
  signIn,
  type Upgrade,
} from "../../fleet/fleet-suite.ts";
import type { RunningFleet } from "../../process/io/start.ts";
import type { Route } from "../route.ts";

/*
 * Whatever names something by its id is asked for with an id that is there and not shown to who asks, and with one that is not there.
 * The two answers are one and the same, or something leaks. The routes are those of the table: one that is described nowhere fails.
 */

const fleets = new Fleets();
let fleet: RunningFleet;
let admin: Browser;
let own: Named;
let foreign: Named;
const NOT_THERE: Named = {
  ...{ host: "no-such-host", command: "no-such-command", pipeline: "no-such-pipeline" },
  ...{ alert: "no-such-alert", silence: "no-such-silence", run: "no-such-run" },
};

interface Named {
  readonly host: string;
  readonly command: string;
  readonly pipeline: string;
  readonly alert: string;
  readonly silence: string;
  readonly run: string;
}

type Answers = (method: string, path: string, body?: unknown) => Promise<ServerAnswer>;

/** These come in, and are limited to `team:web`. */
const callers = new Map<string, { readonly ask: Answers; readonly follow: (path: string) => Promise<Upgrade> }>();

beforeAll(async () => {
  fleet = await fleets.start({ store: memoryStore() });
  admin = await signIn(fleet);
  own = await workOn(await taggedHost(admin, "web-1", ["team:web"]));
  foreign = await workOn(await taggedHost(admin, "db-1", ["team:db"]));
  await admin.post("/api/groups", { name: "dbs", filter: "tag:team:db" });
  const secret = `nst_${hashOf("a script")}`;
  await fleet.parts.transactions.transact((work) =>
    makeApiToken(work, "admin", hashOf(secret), { label: "a script", role: "admin", ttlS: 3_600, tags: ["team:web"] }),
  );
  const headers = { authorization: `Bearer ${secret}` };
  callers.set("a token", {
    ask: (method, path, body) => send(fleet.address, method, path, { body, headers }),
    follow: (path) => followByToken(fleet, secret, path),
  });
  for (const role of ["viewer", "operator", "admin"]) {
    const person = await limitedPerson(admin, `the-${role}`, role, ["team:web"]);
    callers.set(role, {
      ask: (method, path, body) => person.call(method, path, body),
      follow: (path) => follow(person, path),
    });
  }
});
afterAll(() => fleets.end());

/** There is a command on the host that has ended, a pipeline that runs, an alert and a silence. */
async function workOn(host: HostAgent): Promise<Named> {
  const started = await admin.post("/api/dispatch", { op: "uptime", hosts: [host.id] });
  const [command] = commandsOf(started);
  await host.run(command?.id ?? "");
  const pipeline = await admin.post("/api/dispatch/pipeline", { pipeline: "health", hosts: [host.id] });
  const alert = `an-alert-of-${host.id}`;
  await fleet.parts.transactions.transact((work) => {
    const subjects = { [host.id]: work.at.iso };
    const words = { rule: "lost", kind: "host_offline", severity: "warn", title: "Lost", message: "Lost" } as const;
    work.change("alert_fired", "", { id: alert, ...words, status: "firing", firedAt: work.at.iso, subjects, count: 1 });
  });
  const [tag] = fleet.manager.state.hosts.get(host.id)?.tags ?? [];
  const asked = { tags: [tag], until: "2999-01-01T00:00:00.000Z", reason: "a visit" };
  const silence = await admin.post("/api/silences", asked);
  return {
    ...{ host: host.id, command: command?.id ?? "", pipeline: String(pipeline.body.pipelineId) },
    ...{ alert, silence: String(silence.body.silenceId), run: String(started.body.runId) },
  };
}

/** What such an id names. An id that stands in no row fails, so whoever adds a route says here what it names. */
const NAMES: Readonly<Record<string, keyof Named>> = {
  "/api/hosts/:id": "host",
  "/api/commands/:id": "command",
  "/api/pipelines/:id": "pipeline",
  "/api/alerts/:id": "alert",
  "/api/silences/:id": "silence",
  "/api/runs/:id": "run",
  "/sync/output/:id": "command",
};
/** These name nothing that belongs to a host, or are kept for those who see the whole fleet: another test holds the latter. */
const NO_HOSTS = [
  ...["/agent/node/:file", "/agent/sync/", "/sync/", "/api/sessions/:id", "/api/api-tokens/:id"],
  "/api/mutations/:name",
];
/** Requests with a body are sent with it. */
const BODIES: Readonly<Record<string, object>> = {
  "PATCH /api/hosts/:id": { location: "here" },
  "POST /api/pipelines/:id/retry": { only: "failed" },
};
/** These take something away, or go on without end, so the own one is left out. */
const OWN_LEFT_OUT = /^DELETE |\/cancel$|^GET \/sync\//;

function nameIn({ path }: Route): keyof Named | null {
  const row = Object.keys(NAMES).find((begin) => path.startsWith(begin));
  return row === undefined ? null : (NAMES[row] ?? null);
}

function routesByName(): { readonly route: Route; readonly kind: keyof Named }[] {
  return fleet.app.routes.flatMap((route) => {
    const kind = nameIn(route);
    return kind === null ? [] : [{ route, kind }];
  });
}

/** These are asked for with a query. */
const QUERIES: Readonly<Record<string, string>> = { "/api/commands/:id/output/search": "?q=word" };

const named = (path: string, id: string) => path.replace(":id", id).replace(/:\w+/g, "1") + (QUERIES[path] ?? "");

const without = (id: string, { status, text, headers }: ServerAnswer) => ({
  status,
  text: withoutAnswerId(text).replaceAll(id, "ID"),
  type: headers["content-type"],
});

test("[C31] every route that names something says here what that is", () => {
  const rest = fleet.app.routes.filter(
    (route) =>
      route.path.includes(":") &&
      nameIn(route) === null &&
      route.wholeFleet !== true &&
      !NO_HOSTS.some((path) => route.path.startsWith(path)),
  );

  expect(rest.map(({ method, path }) => `${method} ${path}`)).toEqual([]);
});

test.each(["viewer", "operator", "admin", "a token"])(
  "[C31] to %s who is limited, an id that is not shown is as unknown as none, at every route",
  async (caller) => {
    const ask = callers.get(caller)?.ask as Answers;
    const wrong: unknown[] = [];
    for (const { route, kind } of routesByName()) {
      const { method, path } = route;
      const name = `${method} ${path}`;
      const body = BODIES[name];
      const hidden = without(foreign[kind], await ask(method, named(path, foreign[kind]), body));
      const none = without(NOT_THERE[kind], await ask(method, named(path, NOT_THERE[kind]), body));
      if (JSON.stringify(hidden) !== JSON.stringify(none)) wrong.push([name, hidden, none]);
      if (![403, 404].includes(hidden.status)) wrong.push([name, hidden.status]);
      if (OWN_LEFT_OUT.test(name) || hidden.status === 403) continue;
      const shown = await ask(method, named(path, own[kind]), body);
      if (shown.text.includes("there is no") || shown.status === 403) wrong.push([name, "own", shown.text]);
    }

    expect(wrong).toEqual([]);
  },
);

test.each(["operator", "admin", "a token"])("[C31] to %s, neither in a body nor in a query", async (caller) => {
  const ask = callers.get(caller)?.ask as Answers;
  const { moment, budgets } = { moment: fleet.parts.transactions.moment, budgets: fleet.parts.budgets };
  const argsOf: Readonly<Record<string, (of: Named) => object>> = {
    dispatch_op: ({ host }) => ({ op: "uptime", hosts: [own.host, host] }),
    dispatch_pipeline: ({ host }) => ({ pipeline: "health", hosts: [own.host, host] }),
    retry_pipeline: ({ pipeline }) => ({ pipelineId: pipeline, only: "failed_and_not_started" }),
  };
  const asked: ((of: Named) => Promise<ServerAnswer>)[] = [
    ({ host }) => ask("POST", "/api/dispatch", { op: "uptime", hosts: [host] }),
    ({ host }) => ask("POST", "/api/dispatch/pipeline", { pipeline: "health", hosts: [own.host, host] }),
    ({ host }) => ask("POST", "/api/dispatch", { op: "uptime", target: { filter: host } }),
    ({ host }) =>
      ask("POST", "/api/dispatch", { op: "uptime", target: { group: host.startsWith("no") ? "none" : "dbs" } }),
    ({ host }) => ask("POST", "/api/silences", { hosts: [host], until: "2999-01-01T00:00:00.000Z", reason: "a visit" }),
    ({ host }) => ask("GET", `/api/commands?host=${host}`),
    ({ command }) => ask("GET", `/api/commands?before=live%20${command}`),
    ...Object.values(dispatchMutations({ manager: fleet.manager, moment, budgets })).map(
      ({ name }) =>
        (of: Named) =>
          ask("POST", `/api/mutations/${name}`, { args: argsOf[name]?.(of) }),
    ),
  ];

  for (const request of asked) {
    const [hidden, none] = [await request(foreign), await request(NOT_THERE)];
    const clean = (text: string, of: Named) =>
      Object.values(of).reduce((all, id) => all.replaceAll(id, "ID"), withoutAnswerId(text));
    const words = clean(none.text, NOT_THERE).replace("group none", "group dbs");
    expect([hidden.status, clean(hidden.text, foreign)]).toEqual([none.status, words]);
    expect(hidden.text).not.toContain("no mutation");
  }
});

test.each(["viewer", "operator", "admin", "a token"])(
  "[C31] [C11] %s who is limited follows a view of the fleet and the outputs of the own hosts, and nothing else",
  async (caller) => {
    const to = callers.get(caller)?.follow as (path: string) => Promise<Upgrade>;
    const whole = await to("/sync");
    const output = await to(`/sync/output/${own.command}`);
    const seen = await Promise.all([whole.first, output.first]);
    const refusal = async (path: string) => {
      const { status, socket, problem } = await to(path);
      return status === 101 ? await closeCode(socket) : { status, problem: { ...problem, instance: null } };
    };
    const hidden = await refusal(`/sync/output/${foreign.command}`);
    const none = await refusal(`/sync/output/${NOT_THERE.command}`);
    const agents = await to("/agent/sync");

    expect(seen.map((text) => text.includes(foreign.host))).toEqual([false, false]);
    expect(seen[0]).toContain(own.host);
    expect(hidden).toEqual(none);
    expect(hidden === 4404 || (typeof hidden === "object" && hidden.status === 404)).toBe(true);
    expect(agents.status).not.toBe(101);
    for (const { socket } of [whole, output]) socket.terminate();
  },
);

test("[C31] the plain profile shows no part of a fleet, so who is limited does not follow by it", async () => {
  const { cookie = "", origin = "" } = (await limitedPerson(admin, "plain", "viewer", ["team:web"])).headers;
  const answer = await send(fleet.address, "GET", "/sync/snapshot", { headers: { cookie, origin } });

  expect(answer.status).toBe(403);
  expect(answer.text).not.toContain(own.host);
});
