import { expect, test } from "vitest";
import { trustProblem } from "./file-trust.ts";

const file = { path: "/etc/x/agent.yaml", mode: 0o100644, isDirectory: false };
const directory = { path: "/etc/x", mode: 0o40755, isDirectory: true };

test.each([
  ["root's file, read by root", { ...file, uid: 0 }, 0],
  ["root's file, read by another", { ...file, uid: 0 }, 1000],
  ["its own file", { ...file, uid: 1000 }, 1000],
  ["its own directory", { ...directory, uid: 1000 }, 1000],
  ["a directory like /tmp", { ...directory, uid: 0, mode: 0o41777 }, 1000],
])("[C46] %s is trusted", (_, ownership, ownUid) => {
  expect(trustProblem(ownership, ownUid)).toBeNull();
});

test.each([
  ["another user's file, read by root", { ...file, uid: 1000 }, 0, "Run: chown 0 /etc/x/agent.yaml"],
  ["another user's file", { ...file, uid: 1001 }, 1000, "Run: chown 1000 /etc/x/agent.yaml"],
  ["another user's directory", { ...directory, uid: 1001 }, 0, "Run: chown 0 /etc/x"],
  ["a file for its group", { ...file, uid: 0, mode: 0o100664 }, 0, "Run: chmod go-w /etc/x/agent.yaml"],
  ["a directory for everyone", { ...directory, uid: 0, mode: 0o40777 }, 0, "Run: chmod go-w /etc/x"],
  ["a sticky file", { ...file, uid: 0, mode: 0o101666 }, 0, "Run: chmod go-w /etc/x/agent.yaml"],
  ["a name with a blank", { ...file, path: "/a b'c", uid: 7 }, 0, `Run: chown 0 '/a b'\\''c'`],
])("[C46] %s is refused, with the command that mends it", (_, ownership, ownUid, command) => {
  expect(trustProblem(ownership, ownUid)).toContain(command);
});
