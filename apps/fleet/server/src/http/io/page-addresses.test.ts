import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Fleets, send } from "../../fleet/fleet-suite.ts";
import type { RunningFleet } from "../../process/io/start.ts";

const fleets = new Fleets();
let fleet: RunningFleet;

beforeAll(async () => {
  const webDirectory = fleets.directory();
  mkdirSync(join(webDirectory, "assets"));
  writeFileSync(join(webDirectory, "index.html"), "<title>the page</title>");
  writeFileSync(join(webDirectory, "assets/a-1.js"), "1;");
  fleet = await fleets.start({ webDirectory });
});
afterAll(() => fleets.end());

describe("addresses", () => {
  test.each([
    "/",
    "/hosts",
    "/hosts/",
    "/hosts/web-1",
    "/hosts/db.example.org",
    "/hosts/web%201",
    "/runs?q=x",
    "/pipelines/p",
    "/events",
    "/people",
  ])("%s is a screen of the page", async (path) => {
    const { status, text } = await send(fleet.address, "GET", path);

    expect([status, text]).toEqual([200, "<title>the page</title>"]);
  });

  test.each([
    "/.git/config",
    "/../../../etc/passwd",
    "/..%2f..%2f..%2fetc%2fpasswd",
    "/%2e%2e/%2e%2e/etc/passwd",
    "/%252e%252e/etc/passwd",
    "/..\\..\\etc\\passwd",
    "/..%5c..%5cetc%5cpasswd",
    "//etc/passwd",
    "//hosts",
    "/hosts//",
    "/hosts/..",
    "/hosts/%2e%2e",
    "/hosts/../../etc/passwd",
    "/hosts/a%2fb",
    "/hosts/%00",
    "/hosts%00",
    "/%00",
    "/Hosts",
    "/hosts.html",
    "/hostsx",
    "/admin",
    "/.env",
    "/wp-login.php",
    "/assets",
    "/assets/../index.html",
    "/assets/a-2.js",
    "/api/nothing",
    "/__proto__",
    "/constructor",
    `/hosts/${"x".repeat(201)}`,
  ])("[C29] %s is nothing", async (path) => {
    const { status, text, headers } = await send(fleet.address, "GET", path);

    expect(status).toBe(404);
    expect(text).not.toContain("the page");
    expect(headers["content-type"]).toContain("application/problem+json");
    expect(headers["content-security-policy"]).toContain("default-src 'none'");
  });

  test.each(["/%", "/hosts/%zz", "/%c0%ae%c0%ae/etc/passwd"])("[C29] %s is no address", async (path) => {
    const { status, headers } = await send(fleet.address, "GET", path);

    expect(status).toBe(400);
    expect(headers["content-type"]).toContain("application/problem+json");
    expect(headers["content-security-policy"]).toContain("default-src 'none'");
  });
});
