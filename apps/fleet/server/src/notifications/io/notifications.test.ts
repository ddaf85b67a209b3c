import { randomBytes } from "node:crypto";
import { chmodSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { afterAll, beforeEach, describe, expect, test } from "vitest";
import { makeHosts } from "../../fleet/fleet-suite.ts";
import { notificationsIn } from "../../fleet/state.ts";
import { MAX_WAITING, notifyTest, TRIED_FOR_MS } from "../outbox.ts";
import { fleets, SECRET, World, worldWith } from "./notification-suite.ts";
import { signatureOf } from "./webhook-signature.ts";

const receivers: Receiver[] = [];
afterAll(async () => {
  await fleets.end();
  await Promise.all(receivers.map((receiver) => receiver.goAway()));
});

interface Received {
  readonly path: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

/** It takes what is posted to it, notes it, and answers as it is told. */
class Receiver {
  readonly received: Received[] = [];
  status = 200;
  headers: Record<string, string> = {};
  /** While it is false, nothing is answered. */
  answers = true;
  #server: Server | null = null;
  #port = 0;

  async listen(): Promise<void> {
    const server = createServer(async (request, response) => {
      const { url: path = "", headers } = request;
      this.received.push({ path, headers, body: await text(request) });
      if (this.answers)
        response.writeHead(this.status, { connection: "close", ...this.headers }).end("x".repeat(2_000));
    });
    await new Promise<void>((resolve) => server.listen(this.#port, "127.0.0.1", resolve));
    const address = server.address();
    this.#port = typeof address === "object" && address !== null ? address.port : 0;
    this.#server = server;
  }

  async goAway(): Promise<void> {
    const server = this.#server;
    this.#server = null;
    server?.closeAllConnections();
    if (server !== null) await new Promise((resolve) => server.close(resolve));
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  get ids(): string[] {
    return this.received.map(({ headers }) => String(headers["webhook-id"]));
  }

  get titles(): string[] {
    return this.received.map(({ body }) => `${JSON.parse(body).type} ${JSON.parse(body).data.title}`);
  }
}

async function newReceiver(): Promise<Receiver> {
  const receiver = new Receiver();
  receivers.push(receiver);
  await receiver.listen();
  return receiver;
}

describe("a webhook", () => {
  let receiver: Receiver;
  let world: World;
  beforeEach(async () => {
    receiver = await newReceiver();
    world = await worldWith(`  hook: { webhook: "${receiver.url}/in?x=1", secret_file: hook.secret }`);
    return () => world.stop();
  });

  test("300 hosts that vanish are one notification, and 300 that come back are one resolution", async () => {
    const ids = await makeHosts(world.fleet, 300);
    await world.setOnline(ids.slice(0, 290), false);
    await world.setOnline(ids.slice(290), false);
    await expect.poll(() => world.statuses).toEqual(["delivered"]);
    await world.setOnline(ids.slice(0, 299), true);
    await world.setOnline(ids, true);
    await expect.poll(() => world.statuses).toEqual(["delivered", "delivered"]);

    expect(receiver.titles).toEqual(["alert.fired Hosts are lost", "alert.resolved Hosts are lost"]);
    expect(JSON.parse(receiver.received[0]?.body ?? "")).toMatchObject({
      data: { alert: { rule: "lost", severity: "critical", count: 290 } },
    });
    expect(JSON.parse(receiver.received[1]?.body ?? "")).toMatchObject({ data: { alert: { count: 300 } } });
    expect(receiver.ids).toEqual(world.deliveries.map(({ id }) => id));
  });

  test("it is signed as the Standard Webhooks say, each attempt anew, by each secret of the file", async () => {
    const example = {
      id: "msg_p5jXN8AQM9LWM0D4loKWxJek",
      timestamp: 1614265330,
      body: '{"test": 2432232314}',
    };
    expect(signatureOf(["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"], example)).toBe(
      "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    );
    const older = `whsec_${randomBytes(24).toString("base64")}`;
    writeFileSync(join(world.dataDir, "hook.secret"), `${SECRET}\n${older}\n`);
    expect((await world.browser.post("/api/notifications/hook/test")).status).toBe(202);
    await expect.poll(() => world.statuses).toEqual(["delivered"]);

    const [{ headers, body, path } = { headers: {}, body: "", path: "" }] = receiver.received;
    const signed = { id: String(headers["webhook-id"]), timestamp: Math.floor(world.now / 1_000), body };
    expect(headers["webhook-timestamp"]).toBe(String(signed.timestamp));
    expect(headers["webhook-signature"]).toBe(signatureOf([SECRET, older], signed));
    expect(path).toBe("/in?x=1");
    expect(JSON.parse(body)).toMatchObject({ type: "test", data: { title: "This is a test" } });
  });

  test("[B117] what fails is tried again later and later, and those behind it wait for it", async () => {
    receiver.status = 500;
    await world.browser.post("/api/notifications/hook/test");
    await expect.poll(() => world.deliveries[0]?.failures).toBe(1);
    expect(world.deliveries[0]).toMatchObject({ status: "pending", lastFailure: "HTTP 500" });
    await world.change((work) => {
      for (let failures = 2; failures < 30; failures += 1) {
        const id = work.notifications.deliveries.keys().next().value ?? "";
        work.changeNotifications("delivery_changed", { id, failures });
      }
    });
    world.now += 2_000;
    await expect.poll(() => world.deliveries[0]?.failures).toBe(30);
    expect(Date.parse(world.deliveries[0]?.nextAttemptAt ?? "") - world.now).toBe(300_000);

    receiver.status = 200;
    receiver.received.length = 0;
    await world.browser.post("/api/notifications/hook/test");
    await expect.poll(() => world.statuses).toEqual(["delivered", "delivered"]);
    expect(receiver.ids).toEqual(world.deliveries.map(({ id }) => id));
    expect(await world.metric("notification_attempts_failed_total")).toBe(2);
    expect(await world.metric("notifications_delivered_total")).toBe(2);
  });

  test("[C55] a redirect is not followed, and nothing of an answer is kept", async () => {
    const inside = await newReceiver();
    receiver.status = 307;
    receiver.headers = { location: `${inside.url}/admin` };
    await world.browser.post("/api/notifications/hook/test");
    await expect.poll(() => world.deliveries[0]?.lastFailure).toBe("HTTP 307: redirects are not followed");
    expect(inside.received).toEqual([]);
    expect(JSON.stringify(world.deliveries)).not.toContain("xxx");
  });

  test("[C55] secrets stand in their files alone, and a file that is open to all is not used", async () => {
    const shown = await world.browser.get("/api/notifications");
    expect(shown.body).toMatchObject({ targets: [{ id: "hook", kind: "webhook", where: receiver.url, pending: 0 }] });
    expect(shown.text).not.toContain("hook.secret");
    expect(JSON.stringify([...(notificationsIn(world.fleet.manager)?.targets.values() ?? [])])).not.toContain("whsec");
    const path = join(world.dataDir, "hook.secret");
    rmSync(path);
    writeFileSync(path, SECRET);
    chmodSync(path, 0o644);
    await world.browser.post("/api/notifications/hook/test");
    await expect.poll(() => world.deliveries[0]?.lastFailure).toContain("open to all users");
    expect(receiver.received).toEqual([]);
  });

  test("[B115] beyond what may wait for a target the oldest is given up, and an event tells of it", async () => {
    receiver.status = 500;
    const test = (count: number) =>
      world.change((work) => {
        for (let at = 0; at < count; at += 1) {
          const number = 1_000 + at;
          const said = { title: "t", message: "m", kind: "test", at: work.at.iso, status: "pending" } as const;
          work.changeNotifications("delivery_made", { id: `d${number}`, target: "hook", number, ...said, failures: 0 });
        }
      });
    await test(MAX_WAITING);
    expect((await world.browser.post("/api/notifications/hook/test")).status).toBe(429);
    const [id = ""] = await makeHosts(world.fleet, 1);
    await world.setOnline([id], false);
    expect(world.deliveries[0]).toMatchObject({ id: "d1000", status: "given_up" });
    expect(world.statuses.filter((status) => status === "pending")).toHaveLength(MAX_WAITING);
    const events = [...world.fleet.manager.state.events.values()];
    expect(events.filter(({ action }) => action === "notification_given_up")).toMatchObject([
      { message: '"t" could not be delivered to hook: too many wait for this target' },
    ]);
    expect(await world.metric("notifications_pending")).toBe(MAX_WAITING);
    expect(await world.metric("notifications_given_up")).toBe(1);
  });

  test("[B118] after three days one is given up, and so is what waits for a target that is gone", async () => {
    receiver.status = 500;
    await world.browser.post("/api/notifications/hook/test");
    await world.pass(TRIED_FOR_MS - 1);
    expect(world.statuses).toEqual(["pending"]);
    await world.pass(1);
    expect(world.statuses).toEqual(["given_up"]);
    await world.change((work) => notifyTest(work, "hook", "admin"));
    world.write("  other: { ntfy: 'https://ntfy.test/topic' }");
    await world.fleet.parts.fleetFile.read();
    await world.pass(2_000);
    expect(world.statuses).toEqual(["given_up", "given_up"]);
    await expect(world.change((work) => notifyTest(work, "hook", "admin"))).rejects.toThrow("no notify target hook");
  });

  test("[B116] of deliveries that are over the newest stay", async () => {
    await world.change((work) => {
      for (let number = 1; number <= 600; number += 1) {
        const said = { title: "t", message: "m", kind: "test", at: work.at.iso, status: "given_up" } as const;
        work.changeNotifications("delivery_made", { id: `d${number}`, target: "hook", number, ...said, failures: 0 });
      }
    });
    expect(world.deliveries).toHaveLength(500);
    const page = await world.browser.get("/api/notifications?limit=2&before=600");
    expect(page.body).toMatchObject({ deliveries: [{ number: 599 }, { number: 598 }] });
  });
});

describe.each(["memory", "sqlite"] as const)("over a restart, on the %s store", (store) => {
  test("a receiver that was away is told everything, in order and under the same ids, and nothing that it answered again", async () => {
    const receiver = await newReceiver();
    const world = await worldWith(`  hook: { webhook: "${receiver.url}", secret_file: hook.secret }`, store);
    const [id = ""] = await makeHosts(world.fleet, 1);
    await world.setOnline([id], false);
    await expect.poll(() => world.statuses).toEqual(["delivered"]);

    await receiver.goAway();
    await world.setOnline([id], true);
    await world.setOnline([id], false);
    await expect.poll(() => world.deliveries[1]?.failures).toBeGreaterThan(0);
    const ids = world.deliveries.map((delivery) => delivery.id);
    await world.stop();
    await world.start();
    await world.setOnline([id], true);
    await receiver.listen();
    await expect.poll(() => world.statusesLater).toEqual(Array(4).fill("delivered"));
    await world.stop();
    await world.start();
    world.now += 600_000;
    await world.pass(2_000);

    expect(receiver.ids).toEqual(world.deliveries.map((delivery) => delivery.id));
    expect(receiver.ids.slice(0, 3)).toEqual(ids);
    expect(receiver.titles.map((title) => title.split(" ", 1)[0])).toEqual([
      "alert.fired",
      "alert.resolved",
      "alert.fired",
      "alert.resolved",
    ]);
    await world.stop();
  });

  test("what was under way when the server ended is sent again under the same id", async () => {
    const receiver = await newReceiver();
    receiver.answers = false;
    const world = await worldWith(`  hook: { webhook: "${receiver.url}", secret_file: hook.secret }`, store);
    await world.browser.post("/api/notifications/hook/test");
    await expect.poll(() => receiver.received.length).toBe(1);
    await world.stop();
    receiver.answers = true;
    await world.start();
    await expect.poll(() => world.statusesLater).toEqual(["delivered"]);
    expect(receiver.ids).toEqual([world.deliveries[0]?.id, world.deliveries[0]?.id]);
    expect(world.deliveries[0]?.failures).toBe(0);
    await world.stop();
  });
});

test("each target is told what it wants, and one that is away holds up no other", async () => {
  const away = await newReceiver();
  const ntfy = await newReceiver();
  await away.goAway();
  const world = new World("memory");
  writeFileSync(join(world.dataDir, "token"), "tk_1\n", { mode: 0o600 });
  world.write(`
  hook: { webhook: "${away.url}", secret_file: hook.secret, alerts: [disk] }
  phone: { ntfy: "${ntfy.url}/my-topic", token_file: token, severity: critical }`);
  await world.start();
  const [id = ""] = await makeHosts(world.fleet, 1);
  await world.change((work) => work.change("host_metrics", id, { id, disk: 95, lastSeenAt: work.at.iso }));
  await world.pass(2_000);
  await world.pass(2_000);
  await expect.poll(() => world.deliveries[0]?.lastFailure).toContain("ECONNREFUSED");
  await world.setOnline([id], false);
  await expect
    .poll(() => world.deliveries.map(({ target, kind, status }) => [target, kind, status]))
    .toEqual([
      ["hook", "fired", "pending"],
      ["phone", "fired", "delivered"],
      ["hook", "resolved", "pending"],
    ]);

  expect(ntfy.received).toMatchObject([{ path: "/", headers: { authorization: "Bearer tk_1" } }]);
  expect(JSON.parse(ntfy.received[0]?.body ?? "")).toEqual({
    topic: "my-topic",
    title: "Critical: Hosts are lost",
    message: `1 host offline: ${id}`,
    tags: ["warning"],
    priority: 5,
  });
  await world.stop();
});
