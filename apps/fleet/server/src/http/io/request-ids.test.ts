import { pino } from "pino";
import { afterAll, expect, test } from "vitest";
import { Fleets, send, signIn, upgrade } from "../../fleet/fleet-suite.ts";
import type { FleetOptions } from "../../process/io/settings.ts";

const fleets = new Fleets();
afterAll(() => fleets.end());

async function startLogged(options: FleetOptions = {}) {
  const lines: string[] = [];
  const log = pino({ base: null }, { write: (line) => void lines.push(line) });
  const fleet = await fleets.start({ log, ...options });
  const logged = () => lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  return { fleet, logged };
}

test("[C13] each refused or failed request is found in the log by the id that its answer has", async () => {
  const { fleet, logged } = await startLogged();
  const browser = await signIn(fleet);

  const answers = [
    await send(fleet.address, "GET", "/api/state"),
    await send(fleet.address, "POST", "/api/login", { body: {}, headers: { origin: "https://evil.example" } }),
    await send(fleet.address, "GET", "/sync/snapshot"),
  ];
  const fine = await browser.get("/api/state");

  for (const { status, headers, body } of answers) {
    const id = headers["x-request-id"];
    expect([status, body.instance]).toEqual([expect.any(Number), id]);
    expect(logged().filter(({ requestId }) => requestId === id)).toHaveLength(1);
  }
  expect(new Set(answers.map(({ body }) => body.instance)).size).toBe(answers.length);
  expect(fine.headers["x-request-id"]).toMatch(/^[\w-]{36}$/);
});

test("[C13] a socket that is refused has the id of its line in the log, too", async () => {
  const { fleet, logged } = await startLogged();

  const foreign = await upgrade(fleet, "/sync", { origin: "https://evil.example" });
  const nobody = await upgrade(fleet, "/agent/sync", {});

  for (const { problem } of [foreign, nobody]) {
    expect(problem?.instance).toMatch(/^[\w-]{36}$/);
    const lines = logged().filter(({ requestId }) => requestId === problem?.instance);
    expect(lines).toMatchObject([{ code: problem?.code, msg: "a socket was refused" }]);
  }
});

test("[B154] a trusted proxy names requests by up to 100 letters; what anybody else gives, or more, is not taken", async () => {
  const behind = await startLogged({ trustedProxies: ["127.0.0.1"] });
  const alone = await startLogged();
  const idFor = async ({ fleet }: typeof behind, given: string) =>
    (await send(fleet.address, "GET", "/api/state", { headers: { "x-request-id": given } })).body.instance;

  expect(await idFor(behind, "from-the-proxy.7")).toBe("from-the-proxy.7");
  expect(await idFor(behind, "x".repeat(100))).toBe("x".repeat(100));
  for (const given of ["x".repeat(101), "two words", "a/b", '"quoted"', "a:b"])
    expect(await idFor(behind, given)).toMatch(/^[\w-]{36}$/);
  expect(await idFor(alone, "from-anybody")).toMatch(/^[\w-]{36}$/);
});
