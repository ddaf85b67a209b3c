import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { readApiToken } from "./api-token-file.ts";

const TOKEN = `nst_${"x".repeat(43)}`;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "neverstale token "));
});
afterEach(() => rmSync(folder, { recursive: true }));

function tokenFile(text: string, mode = 0o600): string {
  const file = join(folder, "token");
  writeFileSync(file, text);
  chmodSync(file, mode);
  return file;
}

test("the token is what its file holds, with a line end or without", () => {
  expect(readApiToken(tokenFile(TOKEN))).toBe(TOKEN);
  expect(readApiToken(tokenFile(`\ufeff${TOKEN}\r\n`, 0o400))).toBe(TOKEN);
});

test.each([0o604, 0o640, 0o620, 0o601])(
  "a token file of mode %o is refused, with the command that mends it",
  (mode) => {
    const file = tokenFile(TOKEN, mode);

    expect(() => readApiToken(file)).toThrow(
      expect.objectContaining({
        message: `others may read the token file: ${file} (mode ${mode.toString(8)})`,
        hint: `Run: chmod 600 '${file}'`,
      }),
    );
  },
);

test("what is no token, no file, or too long to be one, is refused without a word of what it holds", () => {
  for (const text of ["", "a secret that is none", `${TOKEN}\n${TOKEN}`, TOKEN.repeat(200)]) {
    const file = tokenFile(text);
    expect(() => readApiToken(file)).toThrow(expect.objectContaining({ name: "Failure" }));
    expect(() => readApiToken(file)).not.toThrow(/secret|nst_x/);
  }
  expect(() => readApiToken(folder)).toThrow(
    expect.objectContaining({ hint: expect.stringContaining("--token-file") }),
  );
  expect(() => readApiToken(join(folder, "none"))).toThrow(expect.objectContaining({ name: "Failure" }));
});
