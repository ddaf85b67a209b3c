import { spawnSync } from "node:child_process";
import { userInfo } from "node:os";
import { expect, test } from "vitest";
import { lookUpUser } from "./users.ts";

test("[C41] an op runs as the user its file names, or not at all", () => {
  const nobody = lookUpUser("nobody");

  if (process.getuid?.() === 0) {
    const uid = Number(spawnSync("id", ["-u", "nobody"], { encoding: "utf8" }).stdout);
    expect(nobody).toMatchObject({ user: { uid } });
  } else {
    expect(nobody).toEqual({ problem: "the agent can't switch to the user nobody: it doesn't run as root" });
  }
  expect(lookUpUser(userInfo().username)).toEqual({ user: null });
  expect(lookUpUser("no-such-user")).toEqual({ problem: "this host has no user no-such-user" });
});
