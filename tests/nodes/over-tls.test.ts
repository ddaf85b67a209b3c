import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ANOTHER_AUTHORITY, AUTHORITY } from "../../packages/store-postgres/src/io/test-certificates-suite.ts";
import { NodeFleet, until } from "./node-fleet.ts";
import { type NodeProcess, PASSWORD } from "./node-process.ts";
import { Person } from "./person.ts";
import { TlsFront } from "./tls-front.ts";

let fleet: NodeFleet;
let folder: string;
const fronts: TlsFront[] = [];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "neverstale-authorities-"));
  writeFileSync(join(folder, "right.pem"), AUTHORITY);
  writeFileSync(join(folder, "wrong.pem"), ANOTHER_AUTHORITY);
  fleet = await NodeFleet.start();
});

afterAll(async () => {
  await fleet?.dispose();
  await Promise.all(fronts.map((front) => front.end()));
  rmSync(folder, { recursive: true, force: true });
});

/** The other nodes reach it over TLS alone, as far as it says. */
async function start(trusts: "right" | "wrong"): Promise<{ readonly node: NodeProcess; readonly front: TlsFront }> {
  const front = await TlsFront.start();
  fronts.push(front);
  const node = fleet.add("--no-local-agent", "--node-address", front.address);
  await node.start({ NODE_EXTRA_CA_CERTS: join(folder, `${trusts}.pem`) });
  front.port = Number(new URL(node.address).port);
  return { node, front };
}

/** It asks for a name that no certificate has, as a browser does that comes through a proxy for all nodes. */
async function signInAs(host: string, { address }: NodeProcess): Promise<{ status?: number; body: string }> {
  const sent = request(`${address}/api/login`, {
    method: "POST",
    headers: { host, origin: address, "content-type": "application/json" },
  });
  sent.end(JSON.stringify({ username: "admin", password: PASSWORD }));
  return new Promise((resolve, reject) => {
    sent.once("error", reject);
    sent.once("response", async (answer) => {
      const { statusCode: status } = answer;
      resolve({ ...(status === undefined ? {} : { status }), body: await text(answer) });
    });
  });
}

describe("nodes whose addresses begin with https", () => {
  test("[N11] are linked over TLS, and forward requests over it, whatever name the client asked for", async () => {
    const first = await start("right");
    const second = await start("right");
    await until("the second one hears the writer", async () => {
      return (await second.node.metrics()).get("neverstale_node_link_up") === 1;
    });

    const person = await Person.signIn(second.node);
    const { status } = await person.get(first.node, "/api/session");
    const named = await signInAs("fleet.example.org", second.node);

    expect(status).toBe(200);
    expect(named).toMatchObject({ status: 200 });
    expect((await second.node.metrics()).get("neverstale_node_requests_forwarded_total")).toBeGreaterThanOrEqual(2);
    expect(first.front.connections).toBeGreaterThanOrEqual(2);
    expect(second.front.connections).toBeGreaterThanOrEqual(1);
  });

  test("[N11] show their token to nobody whose certificate they can't verify, and forward nothing there", async () => {
    const { node } = await start("wrong");
    const metrics = () => node.metrics();
    await until("it knows the others", async () => (await metrics()).get("neverstale_node_listed") === 3);

    const refused = await signInAs("fleet.example.org", node);

    expect(refused).toMatchObject({ status: 503 });
    expect(JSON.parse(refused.body)).toMatchObject({ code: "store_unavailable" });
    expect((await metrics()).get("neverstale_node_links_out")).toBe(0);
    expect((await node.readiness()).http).toBe(200);
  });
});
