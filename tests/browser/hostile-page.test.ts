import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Admin, Machine } from "./api.ts";
import { launchChromium } from "./chromium.ts";
import { FleetProcess, PASSWORD } from "./fleet-process.ts";
import { Tab } from "./tab.ts";

/*
 * The victim is signed in, and opens a page of somebody else in the same browser. It comes from another port of the same host, which is the
 * same site for a browser: the cookie goes along, and what keeps it out is the server.
 */

const fleet = new FleetProcess({ localAgent: false });
let browser: Browser;
let victim: Tab;
let machine: Machine;
let elsewhere: Server;
let hostile: string;

beforeAll(async () => {
  browser = await launchChromium();
  await fleet.start();
  const admin = await Admin.signIn(fleet.address);
  machine = await Machine.enroll(fleet.address, admin, "web-1");
  victim = await Tab.open(browser, fleet.address, { cookie: admin.cookie });
  elsewhere = createServer((_, response) => {
    response.setHeader("content-type", "text/html");
    response.end("<!doctype html><title>A page of somebody else</title>");
  }).listen(0, "127.0.0.1");
  await once(elsewhere, "listening");
  hostile = `http://127.0.0.1:${(elsewhere.address() as AddressInfo).port}/`;
});

afterAll(async () => {
  elsewhere.close();
  await victim.close();
  await fleet.remove();
  await browser.close();
});

interface Attack {
  readonly server: string;
  readonly host: string;
  readonly password: string;
}

/** This runs in the hostile page. It returns what it has got out of the server. */
async function attack({ server, host, password }: Attack): Promise<string[]> {
  const got: string[] = [];
  const send = async (path: string, body: object, type: string, mode: RequestMode) => {
    const init = { method: "POST", mode, credentials: "include", headers: { "content-type": type } } as const;
    const answer = await fetch(server + path, { ...init, body: JSON.stringify(body) }).catch(() => null);
    if (answer !== null && answer.type !== "opaque") got.push(`${path} ${answer.status}`);
  };
  const bodies: readonly (readonly [path: string, body: object])[] = [
    ["/api/dispatch", { op: "speak", hosts: [host] }],
    ["/api/enrollment-tokens", {}],
    ["/api/password", { current: password, password: "a password of the attacker" }],
    ["/api/second-factor", {}],
    ["/api/second-factor/remove", { password, totp: "123456" }],
    ["/api/session/confirm", { password }],
    ["/api/login", { username: "admin", password }],
    ["/api/login/proxy", {}],
    ["/api/logout", {}],
  ];
  for (const [path, body] of bodies) {
    await send(path, body, "text/plain", "no-cors");
    await send(path, body, "application/json", "cors");
  }
  for (const path of ["/api/state", "/api/session", "/api/second-factor", "/api/users"]) {
    const answer = await fetch(server + path, { credentials: "include" }).catch(() => null);
    if (answer !== null) got.push(`${path} ${answer.status}`);
  }
  const form = Object.assign(document.createElement("form"), {
    method: "post",
    action: `${server}/api/logout`,
    target: "hidden",
  });
  const frame = Object.assign(document.createElement("iframe"), { name: "hidden" });
  document.body.append(frame, form);
  form.submit();
  await new Promise((resolve) => frame.addEventListener("load", resolve, { once: true }));
  for (const protocols of [[], ["neverstale.v1"]]) {
    const socket = new WebSocket(`${server.replace("http", "ws")}/sync`, protocols);
    await new Promise((resolve) => {
      socket.addEventListener("message", ({ data }) => got.push(`a message: ${String(data).slice(0, 40)}`));
      socket.addEventListener("close", resolve);
    });
  }
  return got;
}

test("[C2] [C25] [C26] [C27] a page of another origin changes nothing and learns nothing, and each attempt is refused, logged and counted", async () => {
  const { page } = victim;
  await page.goto(fleet.address);
  await victim.isLive();
  const evil = await victim.context.newPage();
  await evil.goto(hostile);

  const got = await evil.evaluate(attack, { server: fleet.address, host: machine.hostId, password: PASSWORD });
  const { commands, events } = (await (await Admin.signIn(fleet.address)).state()).state;
  const metrics = await (await fetch(`${fleet.address}/metrics`)).text();

  expect(got).toEqual([]);
  expect(commands).toEqual([]);
  for (const action of ["password_set", "signed_out", "second_factor_enrolled", "op_dispatched"])
    expect([action, events?.filter((event) => event.action === action).length]).toEqual([
      action,
      action === "password_set" ? 1 : 0,
    ]);
  for (const route of [
    "/api/dispatch",
    "/api/password",
    "/api/session/confirm",
    "/api/second-factor/remove",
    "/api/login",
  ])
    expect(metrics).toMatch(
      new RegExp(`neverstale_http_requests_total\\{method="POST",route="${route}",status="403"\\} [1-9]`),
    );
  expect(fleet.log).toContain('"code":"origin_refused"');
  expect(fleet.log).not.toContain(PASSWORD);
  await page.reload();
  await victim.isLive(); // The session of the victim goes on.
});
