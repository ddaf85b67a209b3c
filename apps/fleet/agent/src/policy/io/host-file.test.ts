import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { PLACES, SHIPPED_AGENT_FILE } from "../../io/shipped.ts";
import { HostFile } from "./host-file.ts";
import { lookUpUser } from "./users.ts";

let directory: string;

beforeEach(() => {
  directory = fs.mkdtempSync(join(tmpdir(), "neverstale-host-file-"));
});

afterEach(() => fs.rmSync(directory, { recursive: true, force: true }));

const machine = { places: PLACES, lookUpUser };
const placesIn = (dataDir: string, named: string | null = null) => ({ named, dataDir, shipped: SHIPPED_AGENT_FILE });

const names = (file: HostFile) => file.offers().map((offer) => offer.name);

test("a host without a file of its own allows what the shipped one does", () => {
  expect(names(new HostFile(placesIn(directory), machine))).toEqual(["uptime", "disk", "memory", "stream"]);
});

test("a file that has become wrong is told, and the one before it counts", () => {
  fs.writeFileSync(join(directory, "agent.yaml"), "ops: { one: { argv: [x] } }");
  const file = new HostFile(placesIn(directory), machine);

  fs.writeFileSync(join(directory, "agent.yaml"), "ops: { two: { argv: [] } }");
  file.reload();

  expect(names(file)).toEqual(["one"]);
  expect(file.problem).toContain("line 1: ops.two.argv");

  fs.writeFileSync(join(directory, "agent.yaml"), "ops: { two: { argv: [x] } }");
  file.reload();

  expect(names(file)).toEqual(["two"]);
  expect(file.problem).toBeNull();
});

test("after a reload an assignment is judged by the new file", () => {
  fs.writeFileSync(join(directory, "agent.yaml"), "ops: { one: { argv: [x] } }");
  const file = new HostFile(placesIn(directory), machine);
  const assignment = { id: "c1", op: "one", args: {}, status: "assigned" } as const;
  expect(file.plan(assignment)).toHaveProperty("job");

  fs.writeFileSync(join(directory, "agent.yaml"), "ops: {}");
  file.reload();

  expect(file.plan(assignment)).toEqual({ refusal: "this host doesn't allow one" });
});

test("a reload takes up a file of its own that the host was given meanwhile", () => {
  const file = new HostFile(placesIn(directory), machine);

  fs.writeFileSync(join(directory, "agent.yaml"), "ops: { one: { argv: [x] } }");
  file.reload();

  expect(names(file)).toEqual(["one"]);
  expect(file.path).toBe(join(directory, "agent.yaml"));
});

test.each([0o666, 0o664, 0o646, 0o602])(
  "[C46] a file that others may write (mode %o) is refused, with what mends it",
  (mode) => {
    const path = join(directory, "agent.yaml");
    fs.writeFileSync(path, "ops: {}");
    fs.chmodSync(path, mode);

    expect(new HostFile(placesIn(directory), machine).problem).toContain(`Run: chmod go-w ${path}`);

    fs.chmodSync(path, 0o644);
    expect(names(new HostFile(placesIn(directory), machine))).toEqual([]);
  },
);

test("[C46] a file in a directory that others may write is refused, and so is one that a link there leads to", () => {
  const [open, closed] = [join(directory, "open"), join(directory, "closed")];
  for (const path of [open, closed]) fs.mkdirSync(path);
  fs.chmodSync(open, 0o777);
  for (const path of [open, closed]) fs.writeFileSync(join(path, "agent.yaml"), "ops: {}");
  fs.symlinkSync(join(closed, "agent.yaml"), join(open, "link.yaml"));
  fs.symlinkSync(join(open, "agent.yaml"), join(closed, "link.yaml"));

  const tried = ["open/agent.yaml", "open/link.yaml", "closed/link.yaml"].map((path) => join(directory, path));

  for (const path of tried)
    expect(new HostFile(placesIn(directory, path), machine).problem).toContain(`Run: chmod go-w ${open}`);
  expect(names(new HostFile(placesIn(directory, join(closed, "agent.yaml")), machine))).toEqual([]);
});

test("[C46] a file that has become writable for others is told at the next reading, and the one before it counts", () => {
  const path = join(directory, "agent.yaml");
  fs.writeFileSync(path, "ops: { one: { argv: [x] } }", { mode: 0o600 });
  const file = new HostFile(placesIn(directory), machine);

  fs.writeFileSync(path, "ops: { two: { argv: [x] } }");
  fs.chmodSync(path, 0o666);
  file.reload();

  expect(names(file)).toEqual(["one"]);
  expect(file.problem).toContain("Run: chmod go-w");
});

test("what is no file is not waited for", () => {
  fs.mkdirSync(join(directory, "agent.yaml"));

  expect(new HostFile(placesIn(directory), machine).problem).toMatch(/is no file|EISDIR/);
});

test("[B60] a file that is too large is not read", () => {
  fs.writeFileSync(join(directory, "agent.yaml"), `ops: {}\n#${"x".repeat(256 * 1024)}`, { mode: 0o600 });

  expect(new HostFile(placesIn(directory), machine).problem).toMatch(/262144 are the most/);
});

test("a file that was written is read again once it stands still, and one that has become wrong is told once", () => {
  const path = join(directory, "agent.yaml");
  fs.writeFileSync(path, "ops: { one: { argv: [x] } }");
  const file = new HostFile(placesIn(directory), machine);
  expect([file.hasChanged(), file.hasChanged()]).toEqual([false, false]);

  fs.writeFileSync(path, "ops: { one: { argv: [x");
  expect(file.hasChanged()).toBe(false);
  fs.writeFileSync(path, "ops: { one: { argv: [x] }, two: { argv: [y] } }");
  expect(file.hasChanged()).toBe(false);
  expect(file.hasChanged()).toBe(true);
  file.reload();

  expect(names(file)).toEqual(["one", "two"]);
  expect([file.hasChanged(), file.hasChanged()]).toEqual([false, false]);
  fs.writeFileSync(path, "ops: { one: { argv: [] } }");
  expect([file.hasChanged(), file.hasChanged()]).toEqual([false, true]);
  file.reload();
  expect(file.problem).toContain("line 1: ops.one.argv");
  expect([file.hasChanged(), file.hasChanged()]).toEqual([false, false]);
});

test("a file of its own that the host is given, or loses, counts at the next looks", () => {
  const file = new HostFile(placesIn(directory), machine);

  fs.writeFileSync(join(directory, "agent.yaml"), "ops: { one: { argv: [x] } }");
  expect([file.hasChanged(), file.hasChanged()]).toEqual([false, true]);
  file.reload();
  expect(names(file)).toEqual(["one"]);

  fs.rmSync(join(directory, "agent.yaml"));
  expect([file.hasChanged(), file.hasChanged()]).toEqual([false, true]);
  file.reload();
  expect(names(file)).toContain("uptime");
});

test("while a file is wrong that was never right, nothing may run, and whoever asks is told the line", () => {
  const path = join(directory, "agent.yaml");
  fs.writeFileSync(path, "ops:\n  one:\n    argv: []\n");
  const file = new HostFile(placesIn(directory), machine);
  const assignment = { id: "c1", op: "one", args: {}, status: "assigned" } as const;
  const refused = file.plan(assignment);

  fs.writeFileSync(path, "ops:\n  one:\n    argv: [x]\n");
  file.reload();

  expect(refused).toEqual({ refusal: expect.stringContaining("nothing may run here: ") });
  expect(refused).toEqual({ refusal: expect.stringContaining("line 3: ops.one.argv") });
  expect(file.plan(assignment)).toHaveProperty("job");
});
