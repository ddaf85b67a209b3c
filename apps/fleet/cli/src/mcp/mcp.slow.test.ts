import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { Client } from "@modelcontextprotocol/client";
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio";
import { afterAll, beforeAll, expect, test } from "vitest";
import { FleetProcess, SHOUT_YAML } from "../fleet-process-suite.ts";

let fleet: FleetProcess;
let host: string;
const clients: Client[] = [];

beforeAll(async () => {
  fleet = new FleetProcess(SHOUT_YAML);
  writeFileSync(join(fleet.dataDir, "fleet.yaml"), "ops:\n  wipe: { danger: true }\n");
  await fleet.start();
  host = await fleet.hostId();
});

afterAll(async () => {
  for (const client of clients) await client.close();
  await fleet.dispose();
});

async function connected(role: string): Promise<Client> {
  const file = join(fleet.directory, `${role}-${clients.length}.token`);
  const made = await fleet.cli("api-tokens", "create", "--label", "a model", "--role", role, "--out", file);
  expect(made.status).toBe(0);
  const client = new Client({ name: "a test", version: "1" });
  const program = join(import.meta.dirname, "../../bin/neverstale.mjs");
  const args = [program, "mcp", "--server", fleet.address, "--token-file", file];
  const env = Object.fromEntries(Object.entries(process.env).map(([name, value]) => [name, value ?? ""]));
  await client.connect(new StdioClientTransport({ command: process.execPath, args, env }));
  clients.push(client);
  return client;
}

/** Returns the answer, which is the same as text and as JSON. */
async function call(client: Client, name: string, input: Record<string, unknown> = {}) {
  const { isError = false, content, structuredContent } = await client.callTool({ name, arguments: input });
  const [first] = content;
  const text = first?.type === "text" ? first.text : "";
  if (!isError) expect(JSON.parse(text)).toEqual(structuredContent);
  return { isError, text, answer: structuredContent as Record<string, unknown> };
}

test("the SDK's own client lists hosts, looks at one, runs an op and reads its output", async () => {
  const client = await connected("operator");

  const { tools } = await client.listTools();
  const listed = await call(client, "list_hosts", { status: "online" });
  const shown = await call(client, "get_host", { host });
  const ran = await call(client, "run_op", { op: "shout", hosts: [host], args: { name: "model" } });
  const failed = await call(client, "run_op", { op: "shout", hosts: [host], args: { name: "nobody" } });
  const [{ id }] = ran.answer.commands as [{ id: string }];
  const output = await call(client, "read_output", { command: id });
  const runs = await call(client, "list_runs", { host, op: "shout" });
  const events = await call(client, "list_events", { host, category: "audit" });
  const alerts = await call(client, "list_alerts");

  expect(tools.map(({ name, annotations }) => [name, annotations?.readOnlyHint])).toEqual([
    ...["list_hosts", "get_host", "list_alerts", "list_runs", "read_output", "list_events"].map((name) => [name, true]),
    ["run_op", false],
  ]);
  expect(listed.answer).toMatchObject({ matching: 1, hosts: [{ id: host, online: true }] });
  expect(shown.answer).toMatchObject({ untrusted: { ops: [{ name: "shout", args: ["name: text"] }] } });
  expect(ran.answer).toMatchObject({ allSucceeded: true, commands: [{ host, status: "succeeded", exitCode: 0 }] });
  expect(failed.answer).toMatchObject({ allSucceeded: false, commands: [{ status: "failed", exitCode: 3 }] });
  expect(output.answer).toEqual({ command: id, isWhole: true, untrusted: { output: "hello model\n" } });
  expect(runs.answer).toMatchObject({
    runs: [{ status: "failed" }, { id, status: "succeeded", requestedBy: "admin" }],
  });
  expect(JSON.stringify(events.answer)).toContain("op_dispatched");
  expect(alerts.answer).toMatchObject({ alerts: [], next: null });
});

test("[C30] a model does what its token may and no more, and learns why", async () => {
  const client = await connected("viewer");

  const looked = await call(client, "list_hosts");
  const ran = await call(client, "run_op", { op: "shout", hosts: [host], args: { name: "model" } });
  const nothing = await call(client, "run_op", { op: "nothing", hosts: ["nowhere"] });
  const wrong = await call(client, "run_op", { op: "shout", hosts: [] });
  const dangerous = await call(await connected("admin"), "run_op", { op: "wipe", hosts: [host] });

  expect(looked.isError).toBe(false);
  expect(ran).toMatchObject({ isError: true, text: expect.stringContaining("this needs the role operator") });
  expect(nothing).toMatchObject({ isError: true, text: expect.stringContaining("there is no one host nowhere") });
  expect(wrong.isError).toBe(true);
  expect(dangerous).toMatchObject({ isError: true, text: expect.stringContaining("wipe is marked as dangerous") });
});

test("over a restart of the server a call waits for the truth, and a revoked token is told of", async () => {
  const client = await connected("operator");
  const before = await call(client, "list_hosts");

  await fleet.killServer();
  const [away] = await Promise.all([call(client, "list_hosts"), fleet.start()]);
  await fleet.hostId();
  const ran = await call(client, "run_op", { op: "shout", hosts: [host], args: { name: "again" } });
  for (const line of (await fleet.cli("api-tokens", "list")).out.split("\n").filter((line) => line !== ""))
    await fleet.cli("api-tokens", "revoke", line.split(" ")[0] ?? "");
  const revoked = await call(client, "list_hosts");

  expect(before.isError).toBe(false);
  expect(away.isError ? away.text : "answered").toMatch(/answered|can't be seen now/);
  expect(ran.answer).toMatchObject({ allSucceeded: true });
  expect(revoked).toMatchObject({ isError: true, text: expect.stringContaining("good for nothing any more") });
});

test("without a token, with an open file, or with a bad one, it says so and ends", async () => {
  const none = await fleet.cli("mcp", "--server", fleet.address);
  const missing = await fleet.cli("mcp", "--server", fleet.address, "--token-file", join(fleet.directory, "none"));

  expect(none).toMatchObject({ status: 2, out: "", err: expect.stringContaining("--token-file") });
  expect(missing).toMatchObject({ status: 2, out: "", err: expect.stringContaining("can't be read") });
});
