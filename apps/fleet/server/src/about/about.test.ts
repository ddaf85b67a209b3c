import { memoryStore } from "@neverstale/server";
import { afterAll, expect, test } from "vitest";
import { Fleets, signIn } from "../fleet/fleet-suite.ts";

const fleets = new Fleets();
afterAll(() => fleets.end());

test("the server says what it is, what it keeps by its settings, and how much of each limit is used", async () => {
  const auditKept = { events: 20_000, ageMs: 86_400_000 };
  const logKept = { ageMs: 7_200_000 };
  const fleet = await fleets.start({ store: memoryStore(), eventLimit: 123, auditKept, logKept });
  const browser = await signIn(fleet);

  const about = await browser.get("/api/about");
  const server = await browser.get("/api/server");

  expect(about.body).toMatchObject({ licence: "MIT", runtime: `Node.js ${process.versions.node}` });
  expect(about.body.version).toMatch(/^\d+\.\d+\.\d+/);
  const { kept, limits, node } = server.body as unknown as {
    kept: { what: string }[];
    limits: { name: string; used: number; limit: number }[];
    node: unknown;
  };
  expect(node).toBeNull();
  expect(kept).toContainEqual({ what: "Events on the page", newest: 123 });
  expect(kept).toContainEqual({ what: "The audit: who did what", newest: 20_000, forMs: 86_400_000 });
  expect(kept).toContainEqual({ what: "The log of changes, by which the fleet is shown as it was", forMs: 7_200_000 });
  expect(limits).toContainEqual({ name: "users", used: 1, limit: 1_000 });
  expect(limits.map(({ name }) => name)).toContain("tls_handshakes");
  expect(limits.filter(({ used, limit }) => !(used >= 0 && limit > 0))).toEqual([]);
});
