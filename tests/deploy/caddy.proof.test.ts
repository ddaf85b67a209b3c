/** A real Caddy, with the configuration of the compose file, stands before a server of the fleet, with TLS by an authority of its own. */

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { get } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { ended, removeWithProcesses } from "@neverstale/base/test-processes";
import { afterAll, expect, test } from "vitest";
import { Serving, withoutScript } from "../../apps/fleet/cli/src/serve/serve-process-suite.ts";
import { freePort, installed } from "../../packages/store-postgres/src/io/test-server-suite.ts";
import { ROOT } from "../../scripts/run.ts";

const MAIN = fileURLToPath(new URL("../../apps/fleet/cli/src/main.ts", import.meta.url));
const PASSWORD = "correct horse battery staple";
const CADDY = "/usr/bin/caddy";

const folder = mkdtempSync(join(tmpdir(), "neverstale-caddy-"));
const serving = new Serving();
const started: ChildProcess[] = [];
afterAll(async () => {
  await Promise.all(started.map((child) => ended(child)));
  await serving.dispose();
  await removeWithProcesses(folder);
});

/** It is never skipped: where there is none it is installed. */
function findCaddy(): string {
  if (existsSync(CADDY) || (installed("caddy") && existsSync(CADDY))) return CADDY;
  throw new Error("the proof needs Caddy: sudo apt-get install caddy, or your system's way");
}

/** The authority that Caddy makes for `localhost` is not to be trusted by this machine. */
const OF_THE_TEST = "{\n\tadmin off\n\tskip_install_trust\n\tauto_https disable_redirects\n}\n";

function startCaddy(host: string, server: string): string {
  const config = join(folder, "Caddyfile");
  writeFileSync(config, OF_THE_TEST + readFileSync(join(ROOT, "deploy/container/Caddyfile"), "utf8"));
  const places = { HOME: folder, XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder };
  const env = { ...process.env, ...places, FLEET_HOST: host, FLEET_SERVER: server };
  started.push(spawn(findCaddy(), ["run", "--adapter", "caddyfile", "--config", config], { env, stdio: "ignore" }));
  return join(folder, "caddy/pki/authorities/local/root.crt");
}

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

test("behind the Caddy of the compose file a fleet is served by TLS: commands, agents, and followers by WebSocket", async () => {
  const [proxyPort, serverPort] = [await freePort(), await freePort()];
  const [url, host] = [`https://localhost:${proxyPort}`, `localhost:${proxyPort}`];
  const flags = [
    "--port",
    String(serverPort),
    "--allowed-origin",
    url,
    "--trusted-proxy",
    "127.0.0.1",
    "--no-local-agent",
  ];
  const server = serving.start({
    flags: [...flags, "--data-dir", serving.directory()],
    variables: { NEVERSTALE_ADMIN_PASSWORD: PASSWORD },
  });
  await server.listening();
  const authority = startCaddy(host, `127.0.0.1:${serverPort}`);
  const trusting = ["--url", url, "--ca-file", authority];
  const requestIds: unknown[] = [];
  const statusOf = async (path: string) => {
    const headers = { "x-request-id": "chosen-by-the-caller" };
    const request = get(new URL(path, url), { ca: readFileSync(authority), agent: false, headers });
    const [response] = await once(request, "response");
    response.resume();
    requestIds.push(response.headers["x-request-id"]);
    return response.statusCode as number;
  };
  await expect.poll(() => existsSync(authority) && statusOf("/healthz").catch(() => 0), { timeout: 60_000 }).toBe(200);

  const made = await neverstale("token", "create", ...trusting);
  const token = /--enroll-token (\S+)/.exec(made.out)?.[1]?.replace(/\W+$/, "") ?? "";
  const agent = ["agent", "run", "--server", url, "--ca-file", authority, "--enroll-token", token];
  const words = ["--conditions=source", MAIN, ...agent, "--data-dir", join(serving.directory(), "agent")];
  started.push(spawn(process.execPath, words, { stdio: "ignore" }));
  await expect.poll(async () => (await neverstale("hosts", ...trusting)).out, { timeout: 60_000 }).toMatch(/ online /);
  const ran = await neverstale("dispatch", "uptime", "all", ...trusting);
  const verified = await neverstale("verify", url, "--ca-file", authority);

  expect(ran).toMatchObject({ status: 0, out: expect.stringContaining("load") });
  expect(verified).toMatchObject({ status: 0, out: expect.stringContaining("equal") });
  expect(await Promise.all(["/metrics", "/node", "/"].map(statusOf))).toEqual([404, 404, 200]);
  const metrics = await (await fetch(`http://127.0.0.1:${serverPort}/metrics`)).text();
  expect(metrics).toMatch(/^neverstale_sync_connections [1-9]$/m);
  expect(requestIds.at(-1)).toMatch(/^[\w-]{36}$/);
  // Caddy says where each request comes from, and nobody who comes through it can say otherwise.
  expect(server.err).toContain('"ip":"127.0.0.1"');
}, 240_000);
