import { IncomingMessage } from "node:http";
import { Socket } from "node:net";
import { pino } from "pino";
import { afterAll, expect, test } from "vitest";
import { Fleets, send, signIn } from "../../fleet/fleet-suite.ts";
import { accountsIn } from "../../fleet/state.ts";
import { ProxyUsers } from "../../http/io/proxy-users.ts";
import type { FleetOptions } from "../../process/io/settings.ts";
import type { RunningFleet } from "../../process/io/start.ts";
import { inviteUser, removeUser } from "../users.ts";
import { browserOf, codeAt, enrolSecondFactor } from "./second-factor-suite.ts";

const fleets = new Fleets();
afterAll(() => fleets.end());

const BY_PROXY = { proxyUserHeader: "X-Remote-User", trustedProxies: ["127.0.0.1"] };
let now = Date.parse("2026-03-01T12:00:10Z");

/** Maria has an account, and otto a disabled one. */
async function started(options: FleetOptions): Promise<RunningFleet> {
  const fleet = await fleets.start({ now: () => now, steadyNow: () => now, ...options });
  await signIn(fleet);
  await fleet.parts.transactions.transact((work) => {
    inviteUser(work, "admin", { name: "maria", role: "operator" }, "link of maria");
    inviteUser(work, "admin", { name: "otto", role: "viewer" }, "link of otto");
    work.changeAccounts("user_updated", "otto", { disabled: true });
  });
  return fleet;
}

function comeIn(fleet: RunningFleet, headers: Record<string, string>, body: object = {}) {
  return send(fleet.address, "POST", "/api/login/proxy", { body, headers: { origin: fleet.address, ...headers } });
}

function offered(fleet: RunningFleet, headers: Record<string, string>) {
  return send(fleet.address, "GET", "/api/login/proxy", { headers });
}

test("[C9] whom a trusted proxy names signs in without a password, and a second factor is asked for here", async () => {
  const fleet = await started(BY_PROXY);
  const headers = { "x-remote-user": "maria", "x-forwarded-for": "203.0.113.9" };

  const offer = await offered(fleet, headers);
  const first = await comeIn(fleet, headers);
  const maria = browserOf(fleet, first);
  const sessions = (await maria.get("/api/sessions")).body as unknown as { address: string }[];
  const { secret } = await enrolSecondFactor(maria, now);
  now += 30_000;
  const without = await comeIn(fleet, headers);
  const withCode = await comeIn(fleet, headers, { totp: codeAt(secret, now) });
  const replayed = await comeIn(fleet, headers, { totp: codeAt(secret, now) });

  expect([offer.status, offer.body]).toEqual([200, { user: "maria" }]);
  expect([first.status, first.body.user, first.body.role]).toEqual([200, "maria", "operator"]);
  expect(sessions[0]?.address).toBe("203.0.113.9");
  expect([without.status, without.body.code, withCode.status, replayed.status]).toEqual([
    403,
    "totp_required",
    200,
    403,
  ]);
});

test("[C9] nobody else is believed, whatever is sent along: it is refused, logged and counted", async () => {
  const lines: string[] = [];
  const log = pino({ base: null }, { write: (line: string) => void lines.push(line) });
  const fleet = await started({ ...BY_PROXY, trustedProxies: ["10.9.9.9", "192.0.2.0/24"], log });
  const spoofs: Record<string, string>[] = [
    { "x-remote-user": "maria" },
    { "X-Remote-User": "admin", "x-forwarded-for": "10.9.9.9" },
    { "x-remote-user": "maria", forwarded: "for=10.9.9.9", "x-real-ip": "10.9.9.9", host: "10.9.9.9" },
  ];

  for (const headers of spoofs) {
    const refused = await comeIn(fleet, headers);
    expect([refused.status, refused.body.code, refused.headers["set-cookie"]]).toEqual([403, "forbidden", undefined]);
    expect((await offered(fleet, headers)).status).toBe(204);
    expect((await send(fleet.address, "GET", "/api/state", { headers })).status).toBe(401);
  }

  expect(lines.filter((line) => line.includes("is no trusted proxy"))).toHaveLength(3);
  expect(lines.join("")).not.toContain("maria");
  expect((await send(fleet.address, "GET", "/metrics")).text).toContain("neverstale_proxy_users_spoofed 6\n");
});

test("[C9] without the setting no header means anything, also from a trusted proxy", async () => {
  const fleet = await started({ trustedProxies: ["127.0.0.1"] });

  for (const name of ["x-remote-user", "remote-user", "x-forwarded-user", "x-auth-request-user"]) {
    expect((await comeIn(fleet, { [name]: "maria" })).status).toBe(404);
    expect((await offered(fleet, { [name]: "maria" })).status).toBe(204);
  }
});

test("[C26] [C27] it comes from the own page alone, is for those who have an account, and the header opens nothing else", async () => {
  const fleet = await started(BY_PROXY);
  const named = (user: string, more: Record<string, string> = {}) => comeIn(fleet, { "x-remote-user": user, ...more });

  const statuses = [
    (await named("maria", { origin: "https://elsewhere.example" })).body.code,
    (await named("maria", { "sec-fetch-site": "cross-site" })).body.code,
    (await named("otto")).body.code,
    (await named("nobody-has-this-name")).body.code,
    (await named("maria, admin")).body.code,
    (await named("")).body.code,
    (await comeIn(fleet, {})).body.code,
  ];
  const state = await send(fleet.address, "GET", "/api/state", { headers: { "x-remote-user": "maria" } });

  expect(statuses).toEqual([
    "origin_refused",
    "origin_refused",
    "forbidden",
    "forbidden",
    "forbidden",
    "forbidden",
    "not_found",
  ]);
  expect(state.status).toBe(401);
});

test("[C9] a start is refused where the header would be believed of nobody, or means something else", async () => {
  await expect(fleets.start({ proxyUserHeader: "X-Remote-User" })).rejects.toThrow("there is none");
  for (const proxyUserHeader of [
    "Cookie",
    "Authorization",
    "X-Forwarded-For",
    "X-CSRF-Token",
    "User-Agent",
    "X Remote User",
    "",
  ])
    await expect(fleets.start({ ...BY_PROXY, proxyUserHeader })).rejects.toThrow("is no header in which a proxy names");
});

test("[C9] a node forwards no name that it does not believe itself, and believes what another one forwards", () => {
  const forwarded = new Set<IncomingMessage>();
  const users = new ProxyUsers("X-Remote-User", {
    proxies: { isProxy: (peer) => peer === "10.0.0.5" },
    isForwarded: (request) => forwarded.has(request),
  });
  const from = (peer: string) => {
    const request = new IncomingMessage(Object.defineProperty(new Socket(), "remoteAddress", { value: peer }));
    request.rawHeaders = ["Host", "fleet", "x-REMOTE-user", "admin", "Accept", "*/*", "X-Remote-User", "maria"];
    request.headers = { "x-remote-user": "admin, maria" };
    return request;
  };
  const [stranger, proxy, node] = [from("203.0.113.9"), from("10.0.0.5"), from("10.0.0.7")];
  forwarded.add(node);

  for (const request of [stranger, proxy, node]) users.strip(request);

  expect(stranger.rawHeaders).toEqual(["Host", "fleet", "Accept", "*/*"]);
  expect([proxy.rawHeaders.length, node.rawHeaders.length]).toEqual([8, 8]);
  expect([stranger, proxy, node].map((request) => users.namedBy(request)?.isBelieved)).toEqual([false, true, true]);
});

test("[C11] whoever is removed while the proxy signs them in gets no session, which the next user of that name would have", async () => {
  const fleet = await started(BY_PROXY);
  const { secondFactors, transactions } = fleet.parts;
  const judge = secondFactors.judge.bind(secondFactors);
  let removed: Promise<unknown> = Promise.resolve();
  secondFactors.judge = (user, code) => {
    removed = transactions.transact((work) => removeUser(work, "admin", user));
    return judge(user, code);
  };
  const answer = await comeIn(fleet, { "x-remote-user": "maria" });
  await removed;

  expect([answer.status, answer.body.code]).toEqual([403, "forbidden"]);
  expect([...(accountsIn(fleet.manager)?.sessions.values() ?? [])].filter(({ user }) => user === "maria")).toEqual([]);
});
