import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterEach, beforeEach, expect, test } from "vitest";

const ROOT = fileURLToPath(new URL("..", import.meta.url));

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "neverstale-example-"));
});

afterEach(() => rmSync(folder, { recursive: true }));

/** Returns what the example prints. */
async function run(example: string, ...args: string[]): Promise<string> {
  const flags = ["--conditions=source", join(ROOT, "examples", example), ...args];
  return (await promisify(execFile)(process.execPath, flags)).stdout;
}

test("a model: a patch alters the record and takes away what is null", async () => {
  expect(await run("model.ts")).toBe("{ id: 'web-1', status: 'up' } { status: 'up', name: null }\n");
});

test("looking back: the state of an earlier version is there, and a replica shows it", async () => {
  expect(await run("pages/moments.ts")).toBe(
    "2 1 { hosts: [ { status: 'up', id: 'web-1' } ] }\n{ status: 'up', id: 'web-1' } { status: 'down', id: 'web-1' }\n",
  );
});

test("an authority: three callers that come together decide one after the other", async () => {
  expect(await run("authority.ts")).toBe("3 { load: 3, id: 'web-1' }\n");
});

test("a mutation: its effect is shown at once, and stays when the server has decided", async () => {
  expect(await run("mutation.ts")).toBe("shown at once: Buy milk 1\ndone 1 0\n");
});

test("patches: a member that is left out stays, null takes one away, and undefined is nothing that a patch says", async () => {
  expect(await run("writing/patches.ts")).toBe(
    "{ id: '1', title: 'Oat milk', note: 'two' }\n{ id: '1', title: 'Oat milk' } false\n",
  );
});

test("paused: who may not write for a while is refused by an outcome, and writes again afterwards", async () => {
  expect(await run("writing/paused.ts")).toBe("refused paused\ndone 1\n");
});

test("views: each sees what it was granted, a record moves between them, and rights change at once", async () => {
  expect(await run("views.ts")).toBe(
    [
      "ann { team: 'web', load: 2, address: '10.0.0.7', id: 'web-1' } 1",
      "bob 0",
      "ann { id: 'web-1', load: 2 } 0",
      "bob { id: 'web-1', load: 2 } 0",
      "bob { team: 'db', load: 2, address: '10.0.0.7', id: 'web-1' } 1",
      "",
    ].join("\n"),
  );
});

test("nodes: a request to any of them is carried out by the writer, and the one that ends names its successor", async () => {
  expect(await run("nodes.ts")).toBe("writer follower version 1\nwriter\n");
});

test("a durable store: what one process was told is on disk is there for the next, and in the backup", async () => {
  const database = join(folder, "starts.db");

  const first = await run("durable.ts", database);
  const second = await run("durable.ts", database);

  expect(first).toBe("1 on disk\nrestored; the file of before is kept\n");
  expect(second).toBe("2 on disk\nrestored; the file of before is kept\n");
});

test("rooms: members alone follow a room, and a right that is taken away or a room that is closed ends the connection", async () => {
  const [first = "", second = ""] = (await run("rooms.ts")).split("\n");

  expect(first).toContain("why: 'forbidden' } [ 'ann', 'bob' ]");
  expect(second).toMatch(/why: 'forbidden' .* why: 'unknown_space'/);
});

test("a route of one's own: its effect is shown once it is reached, and a refusal says why", async () => {
  expect(await run("own-route.ts")).toBe("[ 'milk' ]\nan order names an item\n");
});

test("an upgrade: old records are altered at the start, and the next start has nothing to do", async () => {
  expect(await run("upgrade.ts")).toBe("{ id: '1', given: 'Ann', family: 'Lee' } 2\nunchanged at the next start: 2\n");
});

test("sign-in: a page, a program and a page of another origin are let in, and nobody else", async () => {
  expect(await run("auth.ts")).toBe(
    "page live\nforgedPage forbidden\nprogram live\nstranger signed_out\nembedded live\n",
  );
});

test("tabs: two replicas share a connection, and the one that is left goes on without a full state", async () => {
  expect(await run("tabs.ts")).toBe("2 tabs, 1 connection\n1 full state, 1 connection\n");
});

test("queue: where nothing can be kept, mutations wait in memory and are done all the same", async () => {
  expect(await run("writing/queue.ts")).toBe("done Buy milk 0\nsigned_out 0\n");
});

test("observed: who came, who was refused and what was asked for is logged and counted", async () => {
  const lines = (await run("operations/observed.ts")).split("\n");

  expect(lines).toContain('{"event":"joined","subject":"ann","space":"main"}');
  expect(lines).toContain('{"event":"refused","path":"/sync","status":401,"code":"not_signed_in"}');
  expect(lines.find((line) => line.includes('"mutations"'))).toContain('"trace":"00-4bf92f35');
  expect(lines).toContain('neverstale_full_states{reason="first"} 1');
});

test.each([
  ["model.ts", "packages/protocol/README.md"],
  ["authority.ts", "packages/server/README.md"],
  ["nodes.ts", "packages/server/README.md"],
  ["views.ts", "packages/server/README.md"],
  ["public.ts", "packages/server/README.md"],
  ["mutation.ts", "packages/client/README.md"],
  ["testing.test.ts", "packages/testing/README.md"],
  ["durable.ts", "packages/store-sqlite/README.md"],
])("%s stands in %s as it is", (example, page) => {
  const source = readFileSync(join(ROOT, "examples", example), "utf8");

  expect(readFileSync(join(ROOT, page), "utf8")).toContain(`\`\`\`ts\n${source}\`\`\``);
});
