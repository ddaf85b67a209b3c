import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { createServer, get, type Server } from "node:https";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { ended } from "@neverstale/base/test-processes";
import { afterEach, expect, test } from "vitest";
import { eventually } from "../../apps/fleet/cli/src/fleet-process-suite.ts";
import { type ServeProcess, Serving, withoutScript } from "../../apps/fleet/cli/src/serve/serve-process-suite.ts";
import {
  FLEET_AUTHORITY,
  NAMED_CERTIFICATE,
  NAMED_KEY,
  RENEWED_CERTIFICATE,
  RENEWED_KEY,
  SHOWN_CERTIFICATE,
  SHOWN_KEY,
} from "../../apps/fleet/server/src/tls/test-certificates-suite.ts";

const LIMIT_MS = 120_000;
const MAIN = fileURLToPath(new URL("../../apps/fleet/cli/src/main.ts", import.meta.url));
const PASSWORD = "correct horse battery staple";

const serving = new Serving();
afterEach(() => serving.dispose());

function writeFiles(cert: string, key: string) {
  const folder = serving.directory();
  const files = { cert: join(folder, "cert.pem"), key: join(folder, "key.pem"), authority: join(folder, "ca.pem") };
  writeFileSync(files.cert, cert);
  writeFileSync(files.key, key, { mode: 0o600 });
  writeFileSync(files.authority, FLEET_AUTHORITY);
  return files;
}

/** Runs a command to its end. */
async function neverstale(...args: string[]) {
  const env = { ...withoutScript(process.env), NEVERSTALE_PASSWORD: PASSWORD };
  const child = spawn(process.execPath, ["--conditions=source", MAIN, ...args], {
    env,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const closed = once(child, "close");
  const [out, err] = await Promise.all([text(child.stdout), text(child.stderr)]);
  return { status: (await closed)[0] as number | null, out, err };
}

/** So many sockets are open, as the server says to who verifies its certificate by the name in it. */
async function openSockets({ address }: ServeProcess, servername: string | undefined): Promise<number> {
  const named = servername === undefined ? {} : { servername };
  const request = get(new URL("/metrics", address), { ca: FLEET_AUTHORITY, agent: false, ...named });
  const [response] = await once(request, "response");
  return Number(/^neverstale_sync_connections (\d+)$/m.exec(await text(response))?.[1]);
}

test("[C39] [C47] commands and agents speak to a server of a private authority when they are given it, and else to nobody", {
  timeout: LIMIT_MS,
}, async () => {
  const { cert, key, authority } = writeFiles(SHOWN_CERTIFICATE, SHOWN_KEY);
  const tls = { NEVERSTALE_TLS_CERT: cert, NEVERSTALE_TLS_KEY: key };
  const server = serving.serve({ variables: { ...tls, NEVERSTALE_ADMIN_PASSWORD: PASSWORD } });
  const url = await server.listening();

  const untrusted = await neverstale("token", "create", "--url", url);
  const made = await neverstale("token", "create", "--url", url, "--ca-file", authority);
  const token = /--enroll-token (\S+)/.exec(made.out)?.[1]?.replace(/\W+$/, "") ?? "";
  const agent = ["--conditions=source", MAIN, "agent", "run", "--server", url, "--enroll-token", token];
  const run = (...flags: string[]) =>
    spawn(process.execPath, [...agent, "--data-dir", join(serving.directory(), "agent"), ...flags]);
  const stranger = run();
  let told = "";
  stranger.stderr.on("data", (part) => {
    told += String(part);
  });
  await eventually(() => told.includes("unable to verify the first certificate"));
  await ended(stranger);
  const trusting = run("--ca-file", authority);
  await eventually(async () => (await openSockets(server, undefined)) === 1);
  const hosts = await neverstale("hosts", "--url", url, "--ca-file", authority);
  const verified = await neverstale("verify", url, "--ca-file", authority);
  await ended(trusting);

  expect(untrusted).toMatchObject({ status: 2, err: expect.stringMatching(/is not trusted: .*\n.*--ca-file/) });
  expect(hosts).toMatchObject({ status: 0, out: expect.stringMatching(/ online /) });
  expect(hosts.out.match(/ online /g)).toHaveLength(1);
  expect(verified).toMatchObject({ status: 0, out: expect.stringContaining("equal") });
  expect((await neverstale("hosts", "--url", url, "--ca-file", "/nothing/here.pem")).err).toContain("can't be used");
});

test("[C39] [C47] the agent of the server's own machine trusts the one certificate, whatever its name, and each that follows", {
  timeout: LIMIT_MS,
}, async () => {
  const { cert, key } = writeFiles(NAMED_CERTIFICATE, NAMED_KEY);
  const dataDir = serving.directory();
  const flags = ["--data-dir", dataDir, "--tls-cert", cert, "--tls-key", key];
  const start = (port: string) =>
    serving.start({ flags: [...flags, "--port", port], variables: { NEVERSTALE_ADMIN_PASSWORD: PASSWORD } });
  const first = start("0");
  const address = await first.listening();
  await eventually(async () => (await openSockets(first, "fleet.example.org")) === 1);

  writeFileSync(cert, RENEWED_CERTIFICATE);
  writeFileSync(key, RENEWED_KEY);
  first.child.kill("SIGHUP");
  await eventually(() => first.err.includes("another certificate is shown from now on"));
  first.child.kill("SIGKILL");
  await first.end();
  const second = start(new URL(address).port);
  await second.listening();
  await eventually(async () => (await openSockets(second, undefined)) === 1);

  const agentLog = readFileSync(join(dataDir, "agent", "agent.log"), "utf8");
  expect(agentLog.match(/"msg":"enrolled"/g)).toHaveLength(1);
});

/** It takes TLS away before a server, and lets no WebSocket through. */
async function startFront(to: string): Promise<Server> {
  const front = createServer({ cert: SHOWN_CERTIFICATE, key: SHOWN_KEY }, (asked, answer) => {
    const { method, headers, url = "/" } = asked;
    const passed = request(new URL(url, to), { method, headers }, (response) => {
      answer.writeHead(response.statusCode ?? 502, response.headers);
      response.pipe(answer);
    });
    passed.on("error", () => answer.destroy());
    answer.on("close", () => passed.destroy());
    asked.pipe(passed);
  });
  front.on("upgrade", (_, socket) => socket.end("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n"));
  await once(front.listen(0, "127.0.0.1"), "listening");
  return front;
}

test("[C39] where no WebSocket passes, an agent follows over HTTP, and trusts the private authority there, too", {
  timeout: LIMIT_MS,
}, async () => {
  const { authority } = writeFiles(SHOWN_CERTIFICATE, SHOWN_KEY);
  const server = serving.serve({ variables: { NEVERSTALE_ADMIN_PASSWORD: PASSWORD } });
  const plain = await server.listening();
  const front = await startFront(plain);
  const address = front.address();
  const url = `https://127.0.0.1:${typeof address === "object" ? address?.port : ""}`;
  const made = await neverstale("token", "create", "--url", plain);
  const token = /--enroll-token (\S+)/.exec(made.out)?.[1]?.replace(/\W+$/, "") ?? "";
  const words = ["--conditions=source", MAIN, "agent", "run", "--server", url, "--enroll-token", token];
  const agent = spawn(process.execPath, [
    ...words,
    "--ca-file",
    authority,
    "--data-dir",
    join(serving.directory(), "agent"),
  ]);
  await eventually(async () => / online /.test((await neverstale("hosts", "--url", plain)).out));

  const ran = await neverstale("dispatch", "uptime", "all", "--url", plain);

  const metrics = await (await fetch(new URL("/metrics", plain))).text();
  await ended(agent);
  front.closeAllConnections();
  front.close();
  expect(ran).toMatchObject({ status: 0, out: expect.stringContaining("load") });
  expect(metrics).toMatch(/^neverstale_sync_http_accepted [1-9]/m);
});
