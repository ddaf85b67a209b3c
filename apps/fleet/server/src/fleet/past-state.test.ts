import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { StateAnswer } from "@neverstale/fleet-domain";
import { digestOf, fromWireState, type WireState } from "@neverstale/protocol";
import { memoryStore } from "@neverstale/server";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { limitedPerson, taggedHost, tagHost } from "../accounts/grants-suite.ts";
import type { RunningFleet } from "../process/io/start.ts";
import { type Browser, commandsOf, Fleets, type HostAgent, send, signIn } from "./fleet-suite.ts";
import { PastReading } from "./past-state.ts";

const fleets = new Fleets();
let fleet: RunningFleet;
let admin: Browser;
let web: HostAgent;
let db: HostAgent;
/** The version and the time before `db` came to the team of `web`, and `moved` left it. */
let then: { readonly version: number; readonly at: string };
let moved: HostAgent;
let command: string;

beforeAll(async () => {
  const dataDir = fleets.directory();
  writeFileSync(join(dataDir, "fleet.yaml"), "pipelines:\n  two: { stages: [uptime, disk] }\n");
  fleet = await fleets.start({ store: memoryStore(), dataDir });
  admin = await signIn(fleet, { password: "a password of the admin" });
  web = await taggedHost(admin, "web-1", ["team:web"]);
  db = await taggedHost(admin, "db-1", ["team:db"]);
  moved = await taggedHost(admin, "moved-1", ["team:web"]);
  command = commandsOf(await admin.post("/api/dispatch", { op: "uptime", hosts: [moved.id] }))[0]?.id ?? "";
  then = { version: fleet.parts.manager.version, at: new Date().toISOString() };
  await new Promise((resolve) => setTimeout(resolve, 5));
  await tagHost(admin, db.id, ["team:web"]);
  await tagHost(admin, moved.id, ["team:db"]);
  await admin.call("PATCH", `/api/hosts/${web.id}`, { name: "front" });
});
afterAll(() => fleets.end());

const past = (asker: Pick<Browser, "get">, query = `version=${then.version}`) => asker.get(`/api/state?${query}`);

async function shownTo(asker: Pick<Browser, "get">, query?: string) {
  const { body } = await past(asker, query);
  const state = body.state as unknown as Record<string, readonly { readonly id: string }[]>;
  return Object.fromEntries(Object.entries(state).map(([name, records]) => [name, records.map(({ id }) => id)]));
}

async function sharesShownTo(asker: Pick<Browser, "get">, query: string) {
  const { digest, state } = (await past(asker, query)).body as unknown as StateAnswer;
  expect(digest).toBe(digestOf(fromWireState(state as unknown as WireState)));
  return state.shares ?? [];
}

async function namesIn(query: string) {
  const { body } = await past(admin, query);
  const { hosts = [] } = body.state as unknown as Record<string, readonly { name?: string; hostname: string }[]>;
  return hosts.map(({ name, hostname }) => name ?? hostname).sort();
}

describe("the fleet as it was", () => {
  test("is told by version and by time, with the digest of that version, and with what came next", async () => {
    const { body } = await past(admin);

    expect(body).toMatchObject({ epoch: fleet.parts.manager.epoch, version: then.version, next: then.version + 2 });
    expect(body.digest).toMatch(/^[0-9a-f]{16}$/);
    expect(Date.parse(String(body.at))).toBeLessThanOrEqual(Date.parse(then.at));
    expect(await namesIn(`version=${then.version}`)).toEqual(["db-1", "moved-1", "web-1"]);
    expect(await namesIn(`at=${encodeURIComponent(then.at)}`)).toEqual(["db-1", "moved-1", "web-1"]);
    expect(await namesIn(`version=${fleet.parts.manager.version}`)).toEqual(["db-1", "front", "moved-1"]);
  });

  test("says how far back it reaches", async () => {
    const { body } = await admin.get("/api/state/reach");

    const { version, epoch } = fleet.parts.manager;
    expect(body).toMatchObject({ epoch, from: { version: expect.any(Number) }, to: { version } });
  });

  test("is refused in words where it can't be told", async () => {
    const asked = [
      "at=2020-01-01T00:00:00Z",
      "version=99999999",
      "version=1&epoch=elsewhere",
      "version=1&at=2020-01-01T00:00:00Z",
    ];

    const answers = await Promise.all(asked.map((query) => past(admin, query)));

    expect(answers.map(({ status, body }) => [status, body.code, body.detail])).toEqual([
      [404, "not_found", "that moment is older than the log is kept for"],
      [404, "not_found", "that version is not there yet"],
      [409, "precondition_failed", "that version is of another history of this server"],
      [400, "bad_request", "a moment is a version or a time, not both"],
    ]);
    expect(answers[0]?.body.hint).toMatch(/^The past reaches back to version \d+, of \d{4}-/);
    expect((await past(admin, "version=-1")).status).toBe(400);
    expect((await past(admin, "at=yesterday")).status).toBe(400);
  });
});

test("[B165] one person waits for so many states of the past at once, and others get theirs meanwhile", async () => {
  const reading = new PastReading(fleet.parts.manager);
  const { version } = then;
  const ask = (user: string) => reading.read({ version }, { user, tags: null });

  const asked = await Promise.allSettled([...Array.from({ length: 9 }, () => ask("one")), ask("another")]);
  const later = await ask("one");

  expect(asked.map(({ status }) => status)).toEqual([...Array(8).fill("fulfilled"), "rejected", "fulfilled"]);
  expect(asked[8]).toMatchObject({ reason: { code: "too_many_requests" } });
  expect(later).toMatchObject({ version });
});

describe("[C31] of the past nobody sees what he could not see then, or may not see now", () => {
  const ROLES = ["viewer", "operator", "admin"] as const;

  test.each(ROLES)("a %s who is limited to a team", async (role) => {
    const person = await limitedPerson(admin, `a-${role}`, role, ["team:web"]);

    const shown = await shownTo(person);

    expect(shown.hosts).toEqual([web.id]);
    expect(JSON.stringify(shown)).not.toContain(moved.id);
    expect(shown.commands).toEqual([]);
    expect((await shownTo(admin)).commands).toContain(command);
  });

  test("a token that is limited, and one whose owner is", async () => {
    const asked = { label: "a script", role: "viewer", ttlS: 3_600 };
    const person = await limitedPerson(admin, "owner", "viewer", ["team:web"]);
    const tokens = [
      await admin.post("/api/api-tokens", { ...asked, tags: ["team:web"] }),
      await person.post("/api/api-tokens", asked),
    ];

    for (const { body } of tokens) {
      const headers = { authorization: `Bearer ${body.token}` };
      const byToken = { get: (path: string) => send(fleet.address, "GET", path, { headers }) };
      expect((await shownTo(byToken)).hosts).toEqual([web.id]);
    }
  });

  test("whoever is given another team sees of it what is that team's now, and nothing once it is taken away", async () => {
    const person = await limitedPerson(admin, "changing", "viewer", ["team:web"]);
    await admin.call("PATCH", "/api/users/changing", { tags: ["team:web", "team:db"] });
    const withBoth = await shownTo(person);
    await admin.call("PATCH", "/api/users/changing", { tags: ["team:none"] });

    expect(withBoth.hosts).toEqual([web.id, db.id, moved.id]);
    expect((await shownTo(person)).hosts).toEqual([]);
  });

  test("whoever sees some of the hosts that a pipeline, an alert or an event was about is told of those alone", async () => {
    const left = await taggedHost(admin, "left-1", ["team:web"]);
    const person = await limitedPerson(admin, "of-web", "viewer", ["team:web"]);
    const hosts = [web.id, left.id];
    await admin.post("/api/dispatch", { op: "uptime", hosts });
    const { body } = await admin.post("/api/dispatch/pipeline", { pipeline: "two", hosts });
    const { version } = fleet.parts.manager;
    const both = JSON.stringify(await sharesShownTo(person, `version=${version}`));
    await tagHost(admin, left.id, ["team:db"]);

    const shares = await sharesShownTo(person, `version=${version}`);

    expect(both).toContain(left.id);
    expect(JSON.stringify(shares)).not.toContain(left.id);
    expect(shares).toMatchObject([{ hosts: [web.id], pipeline: { id: body.pipelineId, hosts: [web.id] } }]);
  });

  test("nobody and an agent", async () => {
    for (const headers of [{}, { authorization: `Bearer ${web.credential}` }])
      for (const path of [`/api/state?version=${then.version}`, "/api/state/reach"])
        expect((await send(fleet.address, "GET", path, { headers })).status).toBe(401);
  });
});
