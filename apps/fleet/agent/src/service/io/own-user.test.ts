import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { writeDurably } from "../../machine/io/durable-files.ts";
import { giveTo, runAs } from "./own-user.ts";

/** Only root can work as somebody else. Whoever else runs this test works as himself. */
const NAME = process.getuid?.() === 0 ? "nobody" : userInfo().username;

let directory: string;
let data: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "neverstale-user-"));
  chmodSync(directory, 0o755);
  data = join(directory, "data");
  mkdirSync(data, { mode: 0o700 });
  writeFileSync(join(data, "earlier"), "of a run before", { mode: 0o600 });
});

afterEach(() => rmSync(directory, { recursive: true }));

test("the agent's user is given a folder with all that is in it, and files are written there as that user", async () => {
  giveTo(NAME, data);
  const read = await runAs(NAME, () => {
    writeDurably(join(data, "written"), "his");
    return readFileSync(join(data, "earlier"), "utf8");
  });

  expect(read).toBe("of a run before");
  const owners = ["", "earlier", "written"].map((name) => statSync(join(data, name)).uid);
  expect(new Set(owners).size).toBe(1);
  expect([process.geteuid?.(), process.getegid?.()]).toEqual([process.getuid?.(), process.getgid?.()]);
});

test("[C41] a link that the agent's user has put into the folder leads root nowhere", async () => {
  const others = join(directory, "others");
  mkdirSync(others, { mode: 0o500 }); // Nobody but root may write there.
  giveTo(NAME, data);
  await runAs(NAME, () => symlinkSync(join(others, "file"), join(data, "enroll-token.tmp")));

  giveTo(NAME, data);
  const written = runAs(NAME, () => writeDurably(join(data, "enroll-token"), "a token"));

  await expect(written).rejects.toThrow(/EACCES|EPERM/);
  expect(process.geteuid?.()).toBe(process.getuid?.());
  chmodSync(others, 0o700);
});
