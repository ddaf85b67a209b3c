import { MOST_MOVED_NAMED, type MovedRecord } from "@neverstale/fleet-domain";
import { afterAll, beforeAll, expect, test } from "vitest";
import { limitedPerson } from "../accounts/grants-suite.ts";
import {
  type Browser,
  commandsOf,
  Fleets,
  type HostAgent,
  hostMaker,
  makeHosts,
  signIn,
} from "../fleet/fleet-suite.ts";
import { setOffline } from "../hosts/decide.ts";
import type { RunningFleet } from "../process/io/start.ts";

const fleets = new Fleets();
let fleet: RunningFleet;
let browser: Browser;
/** A host that reports once stays online, however long the tests take. */
const now = Date.now();

beforeAll(async () => {
  fleet = await fleets.start({ now: () => now });
  browser = await signIn(fleet);
});
afterAll(() => fleets.end());

const newHost = hostMaker(() => browser);
const version = () => fleet.manager.version;
const goOffline = (...hosts: readonly HostAgent[]) =>
  fleet.parts.transactions.transact((work) =>
    setOffline(
      work,
      hosts.map(({ id }) => id),
    ),
  );
const dispatch = (more: object, key?: string) =>
  browser.post("/api/dispatch", { op: "uptime", ...more }, key === undefined ? {} : { "idempotency-key": key });
const movedIn = ({ body }: Awaited<ReturnType<typeof dispatch>>) => (body.moved ?? []) as unknown as MovedRecord[];

test("a dispatch is refused with the hosts that moved since the version that was seen, and nothing is stored", async () => {
  const [same, gone, busy] = [await newHost(), await newHost(), await newHost()];
  const ifVersion = version();
  await goOffline(gone);
  await busy.claim(commandsOf(await dispatch({ op: "disk", hosts: [busy.id] }))[0]?.id ?? "");
  const before = version();

  const refused = await dispatch({ hosts: [same.id, gone.id, busy.id], ifVersion });

  expect([refused.status, refused.body.code, refused.body.movedCount]).toEqual([409, "precondition_failed", 2]);
  expect(movedIn(refused)).toEqual([
    { collection: "hosts", id: gone.id, fields: ["online"] },
    { collection: "hosts", id: busy.id, fields: ["runningCommand"] },
  ]);
  expect(refused.body.detail).toBe(
    `2 of 4 moved since version ${ifVersion}: ${gone.id} is offline, ${busy.id} is busy`,
  );
  expect(version()).toBe(before);
  expect((await dispatch({ hosts: [same.id, gone.id, busy.id], ifVersion: before })).status).toBe(202);
});

test("what nothing relies on may move: other hosts, readings, checks, and the fleet's version itself", async () => {
  const [meant, other] = [await newHost(), await newHost()];
  const ifVersion = version();
  await goOffline(other);
  await meant.report({ type: "metrics", cpu: 50 });
  await meant.checks({ disk: { status: "error" } });
  expect(version()).toBeGreaterThan(ifVersion + 2);

  expect((await dispatch({ hosts: [meant.id], ifVersion, ifEpoch: fleet.manager.epoch })).status).toBe(202);
});

test("of two requests that come together and have seen the same, one is carried out and the other is refused", async () => {
  const host = await newHost();
  const ifVersion = version();
  const tags = (tag: string) => browser.call("PATCH", `/api/hosts/${host.id}`, { tags: [tag], ifVersion });

  const answers = await Promise.all([tags("a"), tags("b")]);

  expect(answers.map(({ status }) => status).sort()).toEqual([200, 409]);
  expect(movedIn(answers.find(({ status }) => status === 409) as never)).toEqual([
    { collection: "hosts", id: host.id, fields: ["tags"] },
  ]);
});

test("[D1] a repeat under its key gets the first answer, though what it relied on has moved since", async () => {
  const host = await newHost();
  const ifVersion = version();
  const first = await dispatch({ hosts: [host.id], ifVersion }, "an-action");
  await goOffline(host);

  const again = await dispatch({ hosts: [host.id], ifVersion }, "an-action");
  const another = await dispatch({ hosts: [host.id], ifVersion }, "another-action");

  expect([first.status, again.status, again.body]).toEqual([202, 202, first.body]);
  expect(another.body.code).toBe("precondition_failed");
});

test("a pipeline, its retry and a mutation by its name are judged alike", async () => {
  const host = await newHost();
  const body = { pipeline: "health", hosts: [host.id], ifVersion: version() };
  await goOffline(host);

  const pipeline = await browser.post("/api/dispatch/pipeline", body);
  const mutation = await browser.post("/api/mutations/dispatch_pipeline", { args: body });
  expect([pipeline.body.code, mutation.body.code]).toEqual(["precondition_failed", "precondition_failed"]);

  await host.hello();
  const started = await browser.post("/api/dispatch/pipeline", { ...body, ifVersion: version() });
  const path = `/api/pipelines/${String(started.body.pipelineId)}`;
  await browser.post(`${path}/cancel`);
  const ifVersion = version();
  await goOffline(host);
  const retry = await browser.post(`${path}/retry`, { only: "failed_and_not_started", ifVersion });
  expect(movedIn(retry)).toEqual([{ collection: "hosts", id: host.id, fields: ["online"] }]);
});

test("a host is changed only while what the request changes is as it was seen", async () => {
  const host = await newHost();
  const ifVersion = version();
  await browser.call("PATCH", `/api/hosts/${host.id}`, { location: "hall 2" });

  const same = await browser.call("PATCH", `/api/hosts/${host.id}`, { location: "hall 3", ifVersion });
  const other = await browser.call("PATCH", `/api/hosts/${host.id}`, { tags: ["prod"], ifVersion });

  expect([same.status, movedIn(same)]).toEqual([409, [{ collection: "hosts", id: host.id, fields: ["location"] }]]);
  expect([other.status, fleet.manager.state.hosts.get(host.id)]).toMatchObject([
    200,
    { location: "hall 2", tags: ["prod"] },
  ]);
});

test("a version that nobody knows here is refused: one from before a restore, or one that is still to come", async () => {
  const host = await newHost();

  const answers = await Promise.all([
    dispatch({ hosts: [host.id], ifVersion: version() + 100 }),
    dispatch({ hosts: [host.id], ifVersion: version(), ifEpoch: "another" }),
  ]);

  expect(answers.map(({ body }) => body.code)).toEqual(["precondition_failed", "precondition_failed"]);
  expect(answers[0]?.body.detail).toContain("nobody knows here");
});

test("who is limited to some hosts learns nothing of what moved on another one", async () => {
  const [own, foreign] = [await newHost(), await newHost()];
  await browser.call("PATCH", `/api/hosts/${own.id}`, { tags: ["team"] });
  const eve = await limitedPerson(browser, "eve", "operator", ["team"]);
  const ifVersion = version();
  await goOffline(foreign);
  await browser.call("PATCH", `/api/hosts/${foreign.id}`, { location: "hall 1" });

  const answers = [
    await eve.post("/api/dispatch", { op: "uptime", hosts: [own.id, foreign.id], ifVersion }),
    await eve.call("PATCH", `/api/hosts/${foreign.id}`, { location: "hall 2", ifVersion }),
  ];

  expect(answers.map(({ body }) => [body.code, body.moved])).toEqual([
    ["unknown_host", undefined],
    ["unknown_host", undefined],
  ]);
  const target = { op: "uptime", target: { filter: "host" }, ifVersion };
  expect((await eve.post("/api/dispatch", target)).status).toBe(202);
});

test("[B171] a refusal names so many of what moved, and counts all", async () => {
  const hosts = await makeHosts(fleet, MOST_MOVED_NAMED + 5);
  const ifVersion = version();
  await fleet.parts.transactions.transact((work) => setOffline(work, hosts));

  const refused = await dispatch({ hosts, ifVersion });

  expect([movedIn(refused).length, refused.body.movedCount]).toEqual([MOST_MOVED_NAMED, hosts.length]);
});
