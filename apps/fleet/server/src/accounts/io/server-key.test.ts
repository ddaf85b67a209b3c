import { chmodSync, existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openServerKey, ServerKey, serverKeyIn } from "./server-key.ts";

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "neverstale-key-"));
});

afterEach(() => rmSync(directory, { recursive: true }));

test("nodes that are given one key know each other's devices and cookies, and make no key of their own", () => {
  const file = join(directory, "shared.key");
  writeFileSync(file, Buffer.alloc(32, 7), { mode: 0o600 });

  const [one, other] = [openServerKey(directory, file), openServerKey(directory, file)];

  expect(other.cookieId).toBe(one.cookieId);
  expect(other.deviceOf(one.newDevice("admin"))?.user).toBe("admin");
  expect(existsSync(serverKeyIn(directory))).toBe(false);
});

test("a server without a file keeps the key that it made, and another one has its own", () => {
  const one = openServerKey(directory, undefined);
  const other = mkdtempSync(join(directory, "other-"));

  expect(openServerKey(directory, undefined).cookieId).toBe(one.cookieId);
  expect(openServerKey(other, undefined).deviceOf(one.newDevice("admin"))).toBeNull();
});

test("a key is told from another one by its fingerprint, in which nothing of the key is", () => {
  const [one, again, other] = [7, 7, 8].map((byte) => new ServerKey(Buffer.alloc(32, byte)).fingerprint);

  expect(again).toBe(one);
  expect(other).not.toBe(one);
  expect(Buffer.from(one ?? "", "base64url").toString("hex")).not.toContain("0707");
});

test("a key file that is missing, short or open to all users is refused, with what mends it", () => {
  const file = join(directory, "shared.key");
  expect(() => openServerKey(directory, file)).toThrow(/can't be read/);
  writeFileSync(file, "short", { mode: 0o600 });
  expect(() => openServerKey(directory, file)).toThrow(/has 5 bytes, not 32/);
  writeFileSync(file, Buffer.alloc(32));
  chmodSync(file, 0o604);

  expect(() => openServerKey(directory, file)).toThrow(/is open to all users/);
});
