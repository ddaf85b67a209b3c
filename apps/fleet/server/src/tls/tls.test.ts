import { once } from "node:events";
import { chmodSync, writeFileSync } from "node:fs";
import { get as httpsGet, request as httpsRequest } from "node:https";
import { connect } from "node:net";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { connect as tlsConnect } from "node:tls";
import { pino } from "pino";
import { afterAll, describe, expect, test } from "vitest";
import { WebSocket } from "ws";
import { Fleets, send } from "../fleet/fleet-suite.ts";
import type { FleetOptions } from "../process/io/settings.ts";
import type { RunningFleet } from "../process/io/start.ts";
import {
  FLEET_AUTHORITY,
  NAMED_CERTIFICATE,
  RENEWED_CERTIFICATE,
  RENEWED_KEY,
  SHOWN_CERTIFICATE,
  SHOWN_KEY,
} from "./test-certificates-suite.ts";

const PASSWORD = "correct horse battery staple";
const fleets = new Fleets();
afterAll(() => fleets.end());

function writeFiles(cert = SHOWN_CERTIFICATE, key = SHOWN_KEY) {
  const folder = fleets.directory();
  const files = { tlsCert: join(folder, "cert.pem"), tlsKey: join(folder, "key.pem") };
  writeFileSync(files.tlsCert, cert);
  writeFileSync(files.tlsKey, key, { mode: 0o600 });
  return files;
}

function startWithTls(options: FleetOptions = {}): Promise<RunningFleet> {
  return fleets.start({ ...writeFiles(), adminPassword: PASSWORD, ...options });
}

interface Asked {
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly body?: unknown;
}

/** A request of a client that trusts the authority and nothing else. */
async function ask({ address }: RunningFleet, path: string, { method = "GET", headers = {}, body }: Asked = {}) {
  const typed = body === undefined ? headers : { "content-type": "application/json", ...headers };
  const request = httpsRequest(new URL(path, address), { method, headers: typed, ca: FLEET_AUTHORITY, agent: false });
  request.end(body === undefined ? undefined : JSON.stringify(body));
  const [response] = await once(request, "response");
  return { status: response.statusCode as number, headers: response.headers, text: await text(response) };
}

function logIn(fleet: RunningFleet) {
  const headers = { origin: fleet.address };
  return ask(fleet, "/api/login", { method: "POST", headers, body: { username: "admin", password: PASSWORD } });
}

/** The serial number of the certificate that is shown to newcomers. */
async function shownSerial({ address }: RunningFleet): Promise<string> {
  const { hostname, port } = new URL(address);
  const socket = tlsConnect({ host: hostname, port: Number(port), ca: FLEET_AUTHORITY });
  await once(socket, "secureConnect");
  const { serialNumber } = socket.getPeerCertificate();
  socket.destroy();
  return serialNumber;
}

describe("[C47] a server with a certificate", () => {
  test("speaks HTTPS alone: sign-in, cookies of this host only, HSTS, and the metrics of its certificate", async () => {
    const fleet = await startWithTls();
    expect(fleet.address).toMatch(/^https:\/\/127\.0\.0\.1:\d+$/);

    const signedIn = await logIn(fleet);
    const cookies = [signedIn.headers["set-cookie"] ?? []].flat();
    const metrics = await ask(fleet, "/metrics");

    expect(signedIn.status).toBe(200);
    expect(signedIn.headers["strict-transport-security"]).toBe("max-age=31536000");
    expect(cookies.length).toBeGreaterThan(0);
    for (const cookie of cookies) expect(cookie).toMatch(/^__Host-.*; Path=\/; HttpOnly; SameSite=Strict; .*; Secure$/);
    expect(metrics.text).toMatch(/^neverstale_tls_certificate_expires_seconds [1-9]\d{8,}$/m);
    await expect(send(fleet.address.replace("https", "http"), "GET", "/healthz")).rejects.toThrow();
  });

  test("serves followers by wss on the same port, by the cookie, and no page of another scheme", async () => {
    const fleet = await startWithTls();
    const signedIn = await logIn(fleet);
    const [cookie = ""] = ([signedIn.headers["set-cookie"] ?? []].flat() as string[]).map((each) => each.split(";")[0]);
    const open = (origin: string) =>
      new WebSocket(`${fleet.address.replace("https", "wss")}/sync`, {
        ca: FLEET_AUTHORITY,
        headers: { cookie, origin },
      });

    const followed = open(fleet.address);
    const [first] = await once(followed, "message");
    const refused = open(fleet.address.replace("https", "http"));
    const [, response] = await once(refused, "unexpected-response");

    expect(String(first)).toContain("init");
    expect(response.statusCode).toBe(403);
    followed.terminate();
  });

  test("shows another certificate once the files are others, and goes on with the old one as long as they don't fit", async () => {
    const lines: string[] = [];
    const log = pino({ base: null }, { write: (line) => void lines.push(line) });
    const files = writeFiles();
    const fleet = await startWithTls({ ...files, log });
    const { certificate } = fleet.parts;
    const before = await shownSerial(fleet);
    const kept = tlsConnect({ ...endOf(fleet), ca: FLEET_AUTHORITY });
    await once(kept, "secureConnect");

    writeFileSync(files.tlsCert, RENEWED_CERTIFICATE);
    certificate?.read();
    certificate?.read();
    const between = await shownSerial(fleet);
    writeFileSync(files.tlsKey, RENEWED_KEY);
    certificate?.read();
    const after = await shownSerial(fleet);

    expect([between === before, after === before]).toEqual([true, false]);
    expect(lines.filter((line) => line.includes("was not read again"))).toHaveLength(1);
    expect(lines.some((line) => line.includes("PRIVATE KEY"))).toBe(false);
    const { text: metrics } = await ask(fleet, "/metrics");
    expect(metrics).toMatch(/^neverstale_tls_certificate_changes_total 1$/m);
    expect(metrics).toMatch(/^neverstale_tls_certificate_read_failures_total 2$/m);
    kept.write("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n");
    expect(String((await once(kept, "data"))[0])).toContain("200 OK");
    kept.destroy();
  });

  test("ends within seconds, with connections open over TLS", async () => {
    const fleet = await startWithTls();
    const idle = tlsConnect({ ...endOf(fleet), ca: FLEET_AUTHORITY });
    await once(idle, "secureConnect");
    const closed = once(idle, "close");
    await fleet.close();
    await closed;
    expect(idle.destroyed).toBe(true);
  });
});

function endOf({ address }: RunningFleet) {
  const { hostname, port } = new URL(address);
  return { host: hostname, port: Number(port) };
}

describe("[C47] a server is not started", () => {
  const beyond = { host: "0.0.0.0", allowedOrigins: ["https://fleet.example.org"] };

  test("where others reach it by plain HTTP, unless somebody says that this is meant", async () => {
    await expect(fleets.start(beyond)).rejects.toMatchObject({
      message: expect.stringContaining("by plain HTTP"),
      hint: expect.stringMatching(/--tls-cert.*--tls-key.*--insecure-http/),
    });
    await expect(fleets.start({ ...beyond, trustedProxies: ["10.0.0.2"] })).rejects.toThrow("by plain HTTP");
    const meant = await fleets.start({ ...beyond, insecureHttp: true });
    const byTls = await startWithTls(beyond);
    expect([meant.address, byTls.address].map((address) => address.split("//")[0])).toEqual(["http:", "https:"]);
  });

  test("with half of a certificate, or with pages that come by plain HTTP", async () => {
    const { tlsCert, tlsKey } = writeFiles();
    await expect(fleets.start({ tlsCert })).rejects.toThrow("without --tls-key");
    await expect(fleets.start({ tlsKey })).rejects.toThrow("without --tls-cert");
    await expect(startWithTls({ allowedOrigins: ["http://fleet.example.org"] })).rejects.toThrow("TLS alone");
  });

  test("with files that can't be used, and the message says which, and nothing of the key", async () => {
    const { tlsCert, tlsKey } = writeFiles();
    const open = writeFiles();
    chmodSync(open.tlsKey, 0o644);
    const start = (files: FleetOptions) => startWithTls({ tlsCert, tlsKey, ...files });
    await expect(start({ tlsCert: "/nothing/here.pem" })).rejects.toThrow(
      "--tls-cert /nothing/here.pem can't be read (ENOENT)",
    );
    await expect(start({ tlsCert: tlsKey })).rejects.toThrow("holds no certificate");
    await expect(start({ tlsKey: tlsCert })).rejects.toThrow("holds no key");
    await expect(start({ tlsKey: writeFiles(SHOWN_CERTIFICATE, RENEWED_KEY).tlsKey })).rejects.toThrow(
      "does not belong to",
    );
    await expect(start({ tlsCert: writeFiles(NAMED_CERTIFICATE).tlsCert })).rejects.toThrow("does not belong to");
    if (process.platform !== "win32") await expect(start(open)).rejects.toThrow("is open to all users");
  });

  test("[B153] with files of more than 256 KiB", async () => {
    const large = "-".repeat(256 * 1024 + 1);
    await expect(startWithTls(writeFiles(SHOWN_CERTIFICATE + large))).rejects.toThrow("has more than 262144 bytes");
    await expect(startWithTls(writeFiles(SHOWN_CERTIFICATE, large))).rejects.toThrow("has more than 262144 bytes");
  });
});

test("[B152] handshakes under way are bounded, in all and from one address, and cut when they take too long", async () => {
  const fleet = await startWithTls({ handshakeLimits: { all: 3, address: 2 } });
  const { handshakes } = fleet.parts;
  const begin = () => connect(endOf(fleet)).on("error", () => {});
  const held = [begin(), begin()];
  await expect.poll(() => handshakes.metrics).toMatchObject({ handshakes: 2, limitHandshakes: 3 });

  const third = begin();
  await once(third, "close");
  held[0]?.destroy();
  await expect.poll(() => handshakes.metrics).toMatchObject({ handshakes: 1, handshakesFailedTotal: 1 });
  const { status } = await ask(fleet, "/healthz");

  expect(status).toBe(200);
  expect(handshakes.metrics).toMatchObject({ handshakes: 1, handshakesRefusedTotal: 1 });
  await once(held[1] ?? third, "close");
  await expect.poll(() => handshakes.metrics).toMatchObject({ handshakes: 0, handshakesFailedTotal: 2 });
}, 30_000);

test("a client that does not trust the authority gets nothing", async () => {
  const fleet = await startWithTls();
  const request = httpsGet(new URL("/healthz", fleet.address), { agent: false });
  const [error] = await once(request, "error");
  expect(error.code).toBe("UNABLE_TO_VERIFY_LEAF_SIGNATURE");
  await expect.poll(() => fleet.parts.handshakes.metrics.handshakes).toBe(0);
});
