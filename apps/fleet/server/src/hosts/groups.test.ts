import { memoryStore } from "@neverstale/server";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { type Browser, commandsOf, Fleets, makeHosts, signIn } from "../fleet/fleet-suite.ts";
import type { RunningFleet } from "../process/io/start.ts";
import { saveGroup } from "./groups.ts";

const fleets = new Fleets();
const now = Date.parse("2030-01-01T12:00:00Z");
let fleet: RunningFleet;
let browser: Browser;
let ids: string[];

beforeAll(async () => {
  fleet = await fleets.start({ store: memoryStore(), now: () => now });
  browser = await signIn(fleet);
  ids = await makeHosts(fleet, 4);
  await tag(ids[0], ["prod", "web"]);
  await tag(ids[1], ["prod"]);
  await tag(ids[2], ["test", "web"]);
  await fleet.parts.transactions.transact((work) => {
    work.change("host_updated", ids[1] ?? "", { online: false });
    work.change("host_metrics", ids[2] ?? "", { id: ids[2] ?? "", lastSeenAt: work.at.iso, cpu: 91 });
  });
});
beforeEach(async () => {
  for (const name of fleet.manager.state.groups.keys()) await browser.call("DELETE", `/api/groups/${name}`);
});
afterAll(() => fleets.end());

const tag = (id: string | undefined, tags: string[]) => browser.call("PATCH", `/api/hosts/${id}`, { tags });
const save = (name: string, filter: string) => browser.post("/api/groups", { name, filter });
const run = (body: object) => browser.post("/api/dispatch", { op: "uptime", force: true, ...body });

async function ranOn(target: object): Promise<number[]> {
  const answer = await run({ target });
  return commandsOf(answer)?.map(({ host }) => ids.indexOf(host)) ?? [answer.status];
}

test.each([
  [{ tags: ["prod"] }, [0, 1]],
  [{ tags: ["prod", "web"] }, [0]],
  [{ all: true }, [0, 1, 2, 3]],
  [{ all: true, tags: ["web"] }, [0, 2]],
  [{ filter: "tag:prod tag:web" }, [0]],
  [{ filter: "status:online -tag:web" }, [3]],
  [{ filter: "cpu:>90" }, [2]],
  [{ tags: ["prod"], filter: "status:online" }, [0]],
])("an op runs on the hosts of which all of %j is true", async (target, hosts) => {
  expect(await ranOn(target)).toEqual(hosts);
});

test("a saved group is a filter with a name: who is in it follows from how the hosts are then", async () => {
  await save("web", "tag:web");
  expect(await ranOn({ group: "web" })).toEqual([0, 2]);
  expect(await ranOn({ group: "web", tags: ["prod"] })).toEqual([0]);

  await tag(ids[3], ["web"]);
  expect(await ranOn({ group: "web" })).toEqual([0, 2, 3]);
  await tag(ids[3], []);
  await save("web", "tag:prod");
  expect(await ranOn({ group: "web" })).toEqual([0, 1]);
});

test("a group remembers how the page shows it, and one that is saved anew without that forgets it", async () => {
  const look = { sort: "-cpu", columns: "cpu,tags", layout: "grid" };
  const saved = () => fleet.manager.state.groups.get("web");

  await browser.post("/api/groups", { name: "web", filter: "tag:web", look });
  expect(saved()).toMatchObject({ filter: "tag:web", look });
  await save("web", "tag:web");
  expect(saved()).not.toHaveProperty("look");
  expect(
    (await browser.post("/api/groups", { name: "web", filter: "tag:web", look: { sort: "x".repeat(101) } })).status,
  ).toBe(400);
});

test("a pipeline runs on a target too, and keeps the hosts that were meant when it began", async () => {
  await save("web", "tag:web");
  const { body } = await browser.post("/api/dispatch/pipeline", { pipeline: "health", target: { group: "web" } });
  await save("web", "tag:prod");

  expect(fleet.manager.state.pipelines.get(String(body.pipelineId))?.hosts).toEqual([ids[0], ids[2]]);
  await browser.post(`/api/pipelines/${String(body.pipelineId)}/cancel`);
});

test("the hosts that were found stand in the audit, and a repeat under its key has the same ones", async () => {
  await save("web", "tag:web");
  const key = { "idempotency-key": "a-target" };
  const body = { op: "uptime", force: true, target: { group: "web" } };
  const first = await browser.post("/api/dispatch", body, key);
  await save("web", "tag:prod");
  const again = await browser.post("/api/dispatch", body, key);

  expect(again.body).toEqual(first.body);
  const audit = fleet.manager.space("audit")?.state as { events?: ReadonlyMap<string, object> } | undefined;
  const kept = [...(audit?.events?.values() ?? [])].map((event) => JSON.stringify(event));
  const dispatched = kept.filter((text) => text.includes("op_dispatched")).at(-1);
  expect(dispatched).toContain(JSON.stringify([ids[0], ids[2]]));
});

test("a group may be asked for with its hosts, and goes when somebody removes it", async () => {
  await browser.post("/api/groups", { name: "web", title: "Web servers", filter: "tag:web" });
  const groups = (await browser.get("/api/groups")).body as unknown as object[];
  expect(groups).toMatchObject([
    { id: "web", title: "Web servers", filter: "tag:web", savedBy: "admin", hosts: [ids[0], ids[2]] },
  ]);

  expect((await browser.call("DELETE", "/api/groups/web")).status).toBe(200);
  expect((await browser.call("DELETE", "/api/groups/web")).body.code).toBe("not_found");
  expect((await browser.get("/api/groups")).text).toBe("[]");
});

test.each([
  [{ target: { group: "none" } }, 404, "not_found"],
  [{ target: { filter: "no such host at all" } }, 404, "unknown_host"],
  [{ target: {} }, 400, "bad_request"],
  [{ target: { filter: " - " } }, 400, "bad_request"],
  [{ target: { tags: [] } }, 400, "bad_request"],
  [{ target: { tag: "prod" } }, 400, "bad_request"],
  [{ hosts: ["many-0000"], target: { tags: ["prod"] } }, 400, "bad_request"],
  [{}, 400, "bad_request"],
])("%j is refused, and nothing is stored", async (body, status, code) => {
  const { version } = fleet.manager;
  const answer = await run(body);

  expect([answer.status, answer.body.code, fleet.manager.version]).toEqual([status, code, version]);
});

test("[B135] so many groups may be saved, and one of them may still be changed", async () => {
  await fleet.parts.transactions.transact((work) => {
    for (let index = 0; index < 200; index += 1) saveGroup(work, { name: `g${index}`, filter: "web" }, "admin");
  });

  expect((await save("one-more", "web")).body.code).toBe("too_many_requests");
  expect((await save("g7", "tag:web")).status).toBe(200);
  expect((await save("g7", "x".repeat(501))).body.code).toBe("bad_request");
  expect((await browser.get("/metrics")).text).toContain("neverstale_groups 200");
});
