import { MAX_GRANTED_TAGS } from "@neverstale/fleet-domain";
import { memoryStore } from "@neverstale/server";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  type Browser,
  closeCode,
  commandsOf,
  dispatchUptime,
  Fleets,
  type HostAgent,
  send,
  signIn,
} from "../../fleet/fleet-suite.ts";
import type { RunningFleet } from "../../process/io/start.ts";
import { follow, followByToken, limitedPerson, taggedHost, tagHost, withoutAnswerId } from "../grants-suite.ts";

const fleets = new Fleets();
let fleet: RunningFleet;
let admin: Browser;
let ann: Browser;
let own: HostAgent;
let foreign: HostAgent;

beforeAll(async () => {
  fleet = await fleets.start({ store: memoryStore() });
  admin = await signIn(fleet, { password: "a password of the admin" });
  own = await taggedHost(admin, "web-1", ["team:web", "eu"]);
  foreign = await taggedHost(admin, "db-1", ["team:db", "eu"]);
  ann = await limitedPerson(admin, "ann", "operator", ["team:web"]);
});
afterAll(() => fleets.end());

async function stateOf(browser: Browser) {
  const { body } = await browser.get("/api/state");
  return body.state as unknown as Record<string, readonly { readonly id: string }[]>;
}

async function hostsOf(browser: Browser): Promise<readonly string[]> {
  const { hosts = [] } = await stateOf(browser);
  return hosts.map(({ id }) => id);
}

async function apiToken(browser: Browser, more: object = {}): Promise<string> {
  const asked = { label: "a script", role: "operator", ttlS: 3_600, ...more };
  const answer = await browser.post("/api/api-tokens", asked);
  expect(answer.status).toBe(201);
  return String(answer.body.token);
}

async function hostsByToken(token: string): Promise<readonly string[]> {
  const { body } = await send(fleet.address, "GET", "/api/state", { headers: { authorization: `Bearer ${token}` } });
  const { hosts = [] } = body.state as unknown as Record<string, readonly { readonly id: string }[]>;
  return hosts.map(({ id }) => id);
}

async function tagsToldTo(token: string) {
  const { body } = await send(fleet.address, "GET", "/api/api-token", {
    headers: { authorization: `Bearer ${token}` },
  });
  return body.tags;
}

describe("somebody who is limited to some tags", () => {
  test("[C31] sees the hosts that carry one, and is told of the tags", async () => {
    expect(await hostsOf(ann)).toEqual(["web-1"]);
    expect(await hostsOf(admin)).toEqual(["web-1", "db-1"]);
    expect((await ann.get("/api/session")).body).toMatchObject({ user: "ann", tags: ["team:web"] });
    expect((await admin.get("/api/session")).body).not.toHaveProperty("tags");
  });

  test("[C31] runs ops on those alone, and a host that carries none is as unknown as one that is not there", async () => {
    const both = await ann.post("/api/dispatch", { op: "uptime", hosts: [own.id, foreign.id] });
    const unknown = await ann.post("/api/dispatch", { op: "uptime", hosts: [own.id, "no-such-host"] });
    const alone = await ann.post("/api/dispatch", { op: "uptime", hosts: [own.id] });
    const [command] = commandsOf(alone);
    await own.run(command?.id ?? "");

    expect(both.status).toBe(404);
    expect(withoutAnswerId(both.text).replaceAll(foreign.id, "no-such-host")).toBe(withoutAnswerId(unknown.text));
    expect([alone.status, command?.status]).toEqual([202, "pending"]);
  });

  test("[C32] changes neither tags nor names, and has to do neither with people nor with new hosts, as an admin too", async () => {
    const eve = await limitedPerson(admin, "eve", "admin", ["team:web"]);
    const refused = [
      await eve.call("PATCH", `/api/hosts/${own.id}`, { tags: ["team:web", "team:db"] }),
      await eve.call("PATCH", `/api/hosts/${foreign.id}`, { tags: ["team:web"] }),
      await eve.call("PATCH", `/api/hosts/${own.id}`, { name: "the web server" }),
      await eve.post("/api/users", { name: "mallory", role: "viewer" }),
      await eve.call("PATCH", "/api/users/eve", { tags: null }),
      await eve.post("/api/enrollment-tokens", {}),
      await eve.get("/api/notifications"),
    ];
    const location = await eve.call("PATCH", `/api/hosts/${own.id}`, { location: "here" });
    const elsewhere = await eve.call("PATCH", `/api/hosts/${foreign.id}`, { location: "here" });

    expect(refused.map(({ status }) => status)).toEqual(refused.map(() => 403));
    expect([location.status, elsewhere.status]).toEqual([200, 404]);
  });

  test("[C32] is given neither a token for other hosts, nor one without a limit", async () => {
    const wider = { label: "a script", role: "viewer", ttlS: 3_600, tags: ["team:web", "team:db"] };

    expect((await ann.post("/api/api-tokens", wider)).status).toBe(403);
    expect(await hostsByToken(await apiToken(ann))).toEqual(["web-1"]);
    expect(await hostsByToken(await apiToken(ann, { tags: ["team:web"] }))).toEqual(["web-1"]);
  });

  test("[C32] an admin is not limited who is the last one that sees the whole fleet", async () => {
    const answer = await admin.call("PATCH", "/api/users/admin", { tags: ["team:web"] });

    expect(answer.status).toBe(403);
    expect(answer.body.detail).toContain("last admin");
    expect(await hostsOf(admin)).toEqual(["web-1", "db-1"]);
  });

  test("[B122] so many tags limit somebody, or a token: one more is refused", async () => {
    const tags = Array.from({ length: MAX_GRANTED_TAGS + 1 }, (_, at) => `tag-${at}`);
    const invite = (name: string, limit: readonly string[]) =>
      admin.post("/api/users", { name, role: "viewer", tags: limit });

    expect((await invite("many", tags.slice(1))).status).toBe(201);
    expect((await invite("too-many", tags)).status).toBe(400);
    expect((await invite("none", [])).status).toBe(400);
    const token = { label: "a script", role: "viewer", ttlS: 3_600, tags };
    expect((await admin.post("/api/api-tokens", token)).status).toBe(400);
  });
});

describe("an API token with tags", () => {
  test("[C32] is limited further than its owner, and no less when the owner is limited later", async () => {
    const bob = await limitedPerson(admin, "bob", "operator", null);
    const token = await apiToken(bob, { tags: ["team:web", "team:db"] });
    const free = await apiToken(bob);
    const before = [await hostsByToken(token), await hostsByToken(free)];
    await admin.call("PATCH", "/api/users/bob", { tags: ["team:db", "eu"] });
    const after = [await hostsByToken(token), await hostsByToken(free)];
    const told = await tagsToldTo(token);
    await admin.call("PATCH", "/api/users/bob", { tags: ["us"] });

    expect(before).toEqual([
      ["web-1", "db-1"],
      ["web-1", "db-1"],
    ]);
    expect(after).toEqual([["db-1"], ["web-1", "db-1"]]);
    expect(told).toEqual(["team:db"]);
    expect([await hostsByToken(token), await hostsByToken(free)]).toEqual([[], []]);
  });

  test("[C11] its socket is judged anew when its owner is limited", async () => {
    const carl = await limitedPerson(admin, "carl", "viewer", null);
    const token = await apiToken(carl, { role: "viewer" });
    const { socket, first } = await followByToken(fleet, token);
    await first;
    const closed = closeCode(socket);
    await admin.call("PATCH", "/api/users/carl", { tags: ["team:web"] });

    expect(await closed).toBe(1012);
    const again = await followByToken(fleet, token);
    expect(await again.first).not.toContain("db-1");
    again.socket.terminate();
  });
});

describe("rights that change", () => {
  test("[C11] other tags end no session: its sockets come back at once, and are shown another view", async () => {
    const dora = await limitedPerson(admin, "dora", "operator", ["team:web"]);
    const before = await follow(dora);
    const seen = await before.first;
    const closed = closeCode(before.socket);
    await admin.call("PATCH", "/api/users/dora", { tags: ["team:db"] });
    const code = await closed;
    const after = await follow(dora);
    const now = await after.first;
    after.socket.terminate();

    expect(code).toBe(1012);
    expect([seen.includes("web-1"), seen.includes("db-1")]).toEqual([true, false]);
    expect([now.includes("web-1"), now.includes("db-1")]).toEqual([false, true]);
    expect((await dora.get("/api/session")).status).toBe(200);
  });

  test("[C11] an output is followed only as long as its host carries a tag that is granted", async () => {
    const host = await taggedHost(admin, "web-2", ["team:web"]);
    const id = await dispatchUptime(admin, host);
    const { socket, first } = await follow(ann, `/sync/output/${id}`);
    await first;
    const closed = closeCode(socket);
    await tagHost(admin, host.id, ["team:db"]);

    expect(await closed).toBe(4403);
    const again = closeCode((await follow(ann, `/sync/output/${id}`)).socket);
    const nothing = closeCode((await follow(ann, "/sync/output/no-such-command")).socket);
    expect(await Promise.all([again, nothing])).toEqual([4404, 4404]);
    await tagHost(admin, host.id, ["team:web"]);
    const back = await follow(ann, `/sync/output/${id}`);
    expect(await back.first).toContain("chunks");
    back.socket.terminate();
  });

  test("[C11] a follower sees a host come with its tag and go with it, over the same socket", async () => {
    const host = await taggedHost(admin, "mover-1", ["team:db"]);
    const { socket, first, messages } = await follow(ann);
    await first;
    const until = async (isSo: () => boolean) => {
      while (!isSo()) await new Promise((resolve) => socket.once("message", resolve));
    };
    await host.report({ type: "metrics", cpu: 12.5 });
    await tagHost(admin, host.id, ["team:web"]);
    await until(() => messages.some((text) => text.includes("mover-1")));
    await tagHost(admin, host.id, ["team:db"]);
    await until(() => messages.some((text) => /"remove":\[[^\]]*"mover-1"/.test(text)));
    const told = messages.length;
    await dispatchUptime(admin, host);
    await ann.call("PATCH", `/api/hosts/${own.id}`, { location: "a last word" });
    await until(() => messages.some((text) => text.includes("a last word")));

    expect(messages.slice(told).filter((text) => text.includes("mover-1"))).toEqual([]);
    socket.terminate();
  });
});

test("no filter of the log of events finds somebody who is limited an event of another host", async () => {
  await admin.call("PATCH", `/api/hosts/${foreign.id}`, { location: "cellar" });
  await admin.call("PATCH", `/api/hosts/${own.id}`, { location: "attic" });
  const found = async (who: Browser, query: string) => {
    const { body } = await who.get(`/api/event-log?limit=1000&${query}`);
    return new Set((body.events as unknown as readonly { host?: string }[]).map(({ host }) => host));
  };

  for (const query of ["tag=team:db", `host=${foreign.id}`, `words=${foreign.id}`, "tag=eu", "words=admin", ""])
    expect([query, (await found(ann, query)).has(foreign.id)]).toEqual([query, false]);
  expect((await found(ann, "tag=eu")).has(own.id)).toBe(true);
  expect((await found(admin, "tag=team:db")).has(foreign.id)).toBe(true);
});
