import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { pino } from "pino";
import { afterAll, afterEach, expect, test } from "vitest";
import { Fleets, onlineHost, send, signIn, upgrade } from "../../../fleet/fleet-suite.ts";
import { connectionsAllowed } from "../../../process/io/open-files.ts";
import { type FleetOptions, socketsAllowed } from "../../../process/io/settings.ts";
import type { RunningFleet } from "../../../process/io/start.ts";

const fleets = new Fleets();
const sockets: Socket[] = [];
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.destroy();
});
afterAll(() => fleets.end());

/** A connection that is kept. */
class Kept {
  readonly socket: Socket;
  text = "";
  closed = false;

  constructor(fleet: RunningFleet) {
    this.socket = connect(Number(new URL(fleet.address).port), "127.0.0.1");
    sockets.push(this.socket);
    this.socket.on("data", (data) => {
      this.text += data.toString();
    });
    this.socket.on("error", () => {});
    this.socket.on("close", () => {
      this.closed = true;
    });
  }

  /** Asks for something, and waits for the answer or the end. */
  async ask(headers: Record<string, string> = {}): Promise<void> {
    const lines = Object.entries({ host: "x", ...headers }).map(([name, value]) => `${name}: ${value}\r\n`);
    const before = this.text.length;
    this.socket.write(`GET /healthz HTTP/1.1\r\n${lines.join("")}\r\n`);
    await expect.poll(() => this.closed || this.text.slice(before).includes('{"status":"ok"}')).toBe(true);
  }
}

async function kept(fleet: RunningFleet, count: number, headers: Record<string, string> = {}): Promise<Kept[]> {
  const all: Kept[] = [];
  for (let index = 0; index < count; index += 1) {
    const one = new Kept(fleet);
    await one.ask(headers);
    all.push(one);
  }
  return all;
}

const closedOf = (all: readonly Kept[]) => all.map(({ closed }) => closed);

function start(connectionLimits: FleetOptions["connectionLimits"], options: FleetOptions = {}): Promise<RunningFleet> {
  return fleets.start({ connectionLimits: connectionLimits ?? {}, ...options });
}

test("[C7] [B26] idle connections of one address make room for the next one, the longest idle first", async () => {
  const fleet = await start({ address: 3 });
  const [first, second, third] = await kept(fleet, 3);
  await first?.ask();

  const [fourth, fifth] = await kept(fleet, 2);

  await expect
    .poll(() => closedOf([first, second, third, fourth, fifth] as Kept[]))
    .toEqual([false, true, true, false, false]);
  const { text } = await send(fleet.address, "GET", "/metrics");
  expect(text).toMatch(/neverstale_http_connections 3\n/);
  expect(text).toMatch(/neverstale_http_connections_closed_idle 3\n/);
});

test("[C7] [B25] idle connections of many addresses are bounded in all, and those that are known go last", async () => {
  const fleet = await start({ all: 3 });
  const browser = await signIn(fleet);
  const known = await kept(fleet, 2, { cookie: browser.cookie });
  const strangers = await kept(fleet, 3);

  await expect.poll(() => closedOf(strangers)).toEqual([true, true, false]);
  expect(closedOf(known)).toEqual([false, false]);
});

test("[C7] [B155] in the last tenth of the room an answer ends its connection, and those that are kept stay", async () => {
  const fleet = await start({ all: 20 });
  const browser = await signIn(fleet);
  const host = await onlineHost(browser, "web-1");
  const agents = await kept(fleet, 18, host.headers);

  const more = await kept(fleet, 6, host.headers);

  await expect.poll(() => closedOf(more)).toEqual(Array(6).fill(true));
  expect(more[0]?.text).toMatch(/\r\nconnection: close\r\n/i);
  expect(closedOf(agents)).toEqual(Array(18).fill(false));
  const { text } = await send(fleet.address, "GET", "/metrics");
  expect(text).toMatch(/neverstale_http_connections_ended_early 6\n/);
  expect(text).toMatch(/neverstale_http_connections_closed_idle 0\n/);
});

test("[C7] [B156] a connection for which there is no file left is refused at once, and told of; the others go on", async () => {
  const lines: string[] = [];
  const log = pino({}, { write: (line) => void lines.push(line) });
  const fleet = await start({ open: 3 }, { log });
  const host = await onlineHost(await signIn(fleet), "web-1");
  fleet.app.http.server.closeIdleConnections();
  await expect.poll(() => fleet.parts.allConnections.metrics.connectionsOpen).toBe(0);
  const inside = await kept(fleet, 3, host.headers);

  const fourth = new Kept(fleet);
  await expect.poll(() => fourth.closed).toBe(true);
  const fifth = new Kept(fleet);
  await expect.poll(() => fifth.closed).toBe(true);
  for (const one of inside) await one.ask(host.headers);

  expect([fourth.text, fifth.text]).toEqual(["", ""]);
  expect(closedOf(inside)).toEqual([false, false, false]);
  expect(fleet.parts.allConnections.metrics).toEqual({
    connectionsOpen: 3,
    limitConnectionsOpen: 3,
    connectionsDropped: 2,
  });
  const told = lines.map((line) => JSON.parse(line)).filter(({ msg }) => msg.startsWith("a connection was refused"));
  expect(told[0]).toMatchObject({ level: 50, ip: "127.0.0.1", open: 3, limit: 3 });
  expect(told[0].msg).toContain("LimitNOFILE=");
  inside[0]?.socket.destroy();
  await expect.poll(() => fleet.parts.allConnections.metrics.connectionsOpen).toBe(2);
  expect(closedOf(await kept(fleet, 1, host.headers))).toEqual([false]);
});

test("[C7] who shows a session, a credential or is a trusted proxy is not counted with its address", async () => {
  const fleet = await start({ address: 1 });
  const browser = await signIn(fleet);
  const host = await onlineHost(browser, "web-1");
  const proxied = await start({ address: 1 }, { trustedProxies: ["127.0.0.1"] });

  const users = await kept(fleet, 3, { cookie: browser.cookie });
  const agents = await kept(fleet, 3, host.headers);
  const proxies = await kept(proxied, 3);

  expect(closedOf([...users, ...agents, ...proxies])).toEqual(Array(9).fill(false));
});

test("[C7] a connection that has become a socket is not counted with the plain ones", async () => {
  const fleet = await start({ all: 2 });
  const browser = await signIn(fleet);
  const page = () => upgrade(fleet, "/sync", { cookie: browser.cookie, origin: fleet.address });

  const opened = [await page(), await page(), await page()];
  await kept(fleet, 3);

  expect(opened.map(({ socket }) => socket.readyState)).toEqual([1, 1, 1]);
  for (const { socket } of opened) socket.terminate();
});

test("[C7] when all of them are at work, one more is told to come back", async () => {
  const fleet = await start({ address: 2 });
  const browser = await signIn(fleet);
  const body = [
    "POST /api/login HTTP/1.1",
    "host: x",
    `origin: ${fleet.address}`,
    "content-type: application/json",
    "content-length: 9",
  ];
  const busy = [new Kept(fleet), new Kept(fleet)];
  for (const { socket } of busy) socket.write(`${body.join("\r\n")}\r\n\r\n`);
  await expect.poll(() => fleet.parts.connections.metrics.connections).toBe(2);
  await browser.get("/healthz").catch(() => {});

  const third = new Kept(fleet);
  await once(third.socket, "close");

  expect(third.text).toMatch(/^HTTP\/1\.1 503 .*\r\nRetry-After: 1\r\n/s);
  expect(closedOf(busy)).toEqual([false, false]);
});

test("[C8] [B27] a connection that shows nothing is kept for a short while, one that is known for longer", async () => {
  const fleet = await start({});
  const browser = await signIn(fleet);

  const stranger = await send(fleet.address, "GET", "/healthz", { headers: { connection: "keep-alive" } });
  const known = await browser.get("/healthz", { connection: "keep-alive" });
  const closing = await browser.get("/healthz", { connection: "close" });

  expect(stranger.headers["keep-alive"]).toBe("timeout=5");
  expect(known.headers["keep-alive"]).toBe("timeout=72");
  expect([closing.headers["keep-alive"], closing.headers.connection]).toEqual([undefined, "close"]);
});

test("[C7] [B25] plain connections take what sockets leave of the files, and make room for sockets that come", async () => {
  const fleet = await start({ open: 50 });
  const browser = await signIn(fleet);
  const host = await onlineHost(browser, "web-1");
  const page = () => upgrade(fleet, "/sync", { cookie: browser.cookie, origin: fleet.address });
  const pages = await Promise.all(Array.from({ length: 36 }, page));
  const agents = await kept(fleet, 12, host.headers);
  await agents[0]?.ask(host.headers);

  const more = [await page(), await page()];

  await expect.poll(() => closedOf(agents)).toEqual([false, true, ...Array(10).fill(false)]);
  expect([...pages, ...more].map(({ socket }) => socket.readyState)).toEqual(Array(38).fill(1));
  expect(fleet.parts.connections.metrics).toMatchObject({ connections: 11, limitConnections: 11 });
  expect(fleet.parts.allConnections.metrics).toMatchObject({ connectionsOpen: 49, connectionsDropped: 0 });
  for (const { socket } of [...pages, ...more]) socket.terminate();
});

test.each([
  [19_900, 14_925],
  [65_436, 20_000],
  [100, 75],
  [Number.POSITIVE_INFINITY, 20_000],
])("[B12] where there are files for %d connections, %d of them may be sockets", (open, sockets) => {
  expect(socketsAllowed({ connectionLimits: { open } })).toBe(sockets);
});

test.each([
  [256, 156],
  [1024, 924],
  [50, 16],
  [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY],
])("[C7] [B25] where a process may open %d files there are %d connections", (files, connections) => {
  expect(connectionsAllowed(files)).toBe(connections);
});
