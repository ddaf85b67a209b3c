import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { Browser, cookieSetBy, Fleets, onlineHost, send, upgrade } from "../../fleet/fleet-suite.ts";
import type { FleetOptions } from "../../process/io/settings.ts";
import type { RunningFleet } from "../../process/io/start.ts";

const fleets = new Fleets();
afterAll(() => fleets.end());

function start(options: FleetOptions = {}): Promise<RunningFleet> {
  const webDirectory = fleets.directory();
  mkdirSync(join(webDirectory, "assets"));
  const page = '<meta charset="utf-8" /><script src="/assets/a-1.js"></script><a href="https://x.example/">';
  writeFileSync(join(webDirectory, "index.html"), page);
  writeFileSync(join(webDirectory, "assets/a-1.js"), "1;");
  return fleets.start({ webDirectory, basePath: "/fleet", ...options });
}

async function signedIn(fleet: RunningFleet, origin = fleet.address): Promise<{ setCookie: string; browser: Browser }> {
  const token = /#setup=(.+)$/.exec(fleet.signInLink ?? "")?.[1];
  const answer = await send(fleet.address, "POST", "/fleet/api/setup", { body: { token }, headers: { origin } });
  expect(answer.status).toBe(200);
  const browser = new Browser(fleet, cookieSetBy(answer), String(answer.body.csrfToken));
  return { setCookie: String(answer.headers["set-cookie"]), browser };
}

test("page, files, API, sockets and agents are found below the path, and where a proxy has taken it away", async () => {
  const fleet = await start();
  const { browser } = await signedIn(fleet);
  const host = await onlineHost(browser, "web-1");

  for (const base of ["/fleet", ""]) {
    const page = await browser.get(`${base}/hosts/web-1`);
    expect(page.text).toContain('src="/fleet/assets/a-1.js"');
    expect(page.text).toContain('<meta name="neverstale:base-path" content="/fleet" />');
    expect(page.text).toContain('href="https://x.example/"');
    expect((await browser.get(`${base}/assets/a-1.js`)).text).toBe("1;");
    expect((await browser.get(`${base}/api/state`)).text).toContain("web-1");
    expect((await browser.get(`${base}/sync/snapshot`)).headers.location).toMatch(/^s\/[\w-]+\/[\w-]+\/\d+$/);
    for (const [path, headers] of [
      ["/sync", { cookie: browser.cookie, origin: fleet.address }],
      ["/agent/sync", host.headers],
    ] as const) {
      const { status, socket } = await upgrade(fleet, `${base}${path}`, headers);
      expect([base, path, status]).toEqual([base, path, 101]);
      socket.terminate();
    }
  }
  expect((await browser.get("/fleet")).text).toContain("assets/a-1.js");
  expect((await browser.get("/fleetx/hosts")).status).toBe(404);
  expect((await browser.get("/fleet/fleet/hosts")).status).toBe(404);
  expect((await browser.get("/fleet/../etc/passwd")).status).toBe(404);
  expect(fleet.signInLink).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/fleet\/#setup=/);
});

test("[C14] the cookie goes to the path alone, behind https too", async () => {
  const origin = "https://tools.example.org";
  const [plain, secure] = [await start(), await start({ allowedOrigins: [origin] })];

  const cookies = [(await signedIn(plain)).setCookie, (await signedIn(secure, origin)).setCookie];

  expect(cookies[0]).toMatch(/^neverstale_\d+=[\w-]{43}; Path=\/fleet; HttpOnly; SameSite=Strict; Max-Age=\d+$/);
  expect(cookies[1]).toMatch(/^__Secure-neverstale=.*; Path=\/fleet; HttpOnly; SameSite=Strict; .*; Secure$/);
});

test.each(["/a b", "../x", "https://x.example/fleet"])(
  "a base path %s is none, and the start is refused",
  async (basePath) => {
    await expect(fleets.start({ basePath })).rejects.toThrow("is no base path");
  },
);
