import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { HostFile } from "./host-file.ts";

let directory: string;

beforeEach(() => {
  directory = fs.mkdtempSync(join(tmpdir(), "neverstale-host-file-"));
});

afterEach(() => fs.rmSync(directory, { recursive: true, force: true }));

const names = (file: HostFile) => file.offers().map((offer) => offer.name);

test("a host without a file of its own allows what the shipped one does", () => {
  expect(names(new HostFile(null, directory))).toEqual(["uptime", "disk", "memory", "stream"]);
});

test("a file that has become wrong is told, and the one before it counts", () => {
  fs.writeFileSync(join(directory, "agent.yaml"), "ops: { one: { argv: [x] } }");
  const file = new HostFile(null, directory);

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
  const file = new HostFile(null, directory);
  const assignment = { id: "c1", op: "one", args: {}, status: "assigned" } as const;
  expect(file.plan(assignment)).toHaveProperty("job");

  fs.writeFileSync(join(directory, "agent.yaml"), "ops: {}");
  file.reload();

  expect(file.plan(assignment)).toEqual({ refusal: "this host doesn't allow one" });
});

test("a reload takes up a file of its own that the host was given meanwhile", () => {
  const file = new HostFile(null, directory);

  fs.writeFileSync(join(directory, "agent.yaml"), "ops: { one: { argv: [x] } }");
  file.reload();

  expect(names(file)).toEqual(["one"]);
  expect(file.path).toBe(join(directory, "agent.yaml"));
});
