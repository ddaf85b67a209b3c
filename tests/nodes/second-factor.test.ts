import { randomBytes } from "node:crypto";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { removeWithProcesses } from "@neverstale/base/test-processes";
import { afterAll, beforeAll, expect, test } from "vitest";
import { authenticatorCode } from "../browser/authenticator.ts";
import { NodeFleet } from "./node-fleet.ts";
import { PASSWORD } from "./node-process.ts";
import { Person, type Place } from "./person.ts";

let fleet: NodeFleet;
let directory: string;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), "neverstale-factors-"));
  fleet = await NodeFleet.start();
});
afterAll(async () => {
  await fleet?.dispose();
  await removeWithProcesses(directory);
});

async function signInStatus({ address }: Place, totp: string): Promise<number> {
  for (;;) {
    const answer = await fetch(`${address}/api/login`, {
      method: "POST",
      headers: { "content-type": "application/json", origin: address },
      body: JSON.stringify({ username: "admin", password: PASSWORD, totp }),
    });
    await answer.arrayBuffer();
    if (answer.status < 500) return answer.status;
    await new Promise((resolve) => setTimeout(resolve, 200)); // There is no writer for a moment.
  }
}

test("[C22] a code that is shown to several nodes at once lets in once, and not again after the writer has died", async () => {
  const key = join(directory, "secret.key");
  writeFileSync(key, randomBytes(32), { mode: 0o600 });
  const nodes = [0, 1, 2].map(() => fleet.add("--no-local-agent", "--secret-key-file", key));
  for (const node of nodes) await node.start();
  const writer = await fleet.writer();
  const [other = writer, third = writer] = fleet.others(writer);
  const admin = await Person.signIn(other);
  const { secret } = (await admin.call(other, "POST", "/api/second-factor")).body;
  const first = authenticatorCode(secret, Date.now());
  const confirmed = await admin.call(third, "POST", "/api/second-factor/confirm", { totp: first });
  const next = authenticatorCode(secret, Date.now() + 30_000);

  const statuses = await Promise.all(nodes.map((node) => signInStatus(node, next)));
  await writer.end("SIGKILL");
  await fleet.writer();
  const later = await Promise.all([other, third].map((node) => signInStatus(node, next)));

  expect([confirmed.status, confirmed.body.recoveryCodes.length]).toEqual([200, 10]);
  expect(statuses.toSorted()).toEqual([200, 403, 403]);
  expect(later).toEqual([403, 403]);
});
