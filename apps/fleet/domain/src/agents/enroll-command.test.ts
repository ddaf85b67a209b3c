import { expect, test } from "vitest";
import { enrollCautions, enrollCommand } from "./enroll-command.ts";

const HASH = "0123456789abcdef".repeat(4);

test("one line fetches the agent, checks its hash, enrols and starts, with nothing secret in it but the token", () => {
  expect(enrollCommand(new URL("https://fleet.example.org"), "to-ken_1", HASH)).toBe(
    [
      '(cd "$(mktemp -d)"',
      "curl -fsSL --retry 5 -o neverstale.tgz https://fleet.example.org/agent/neverstale.tgz",
      `echo '${HASH}  neverstale.tgz' | (sha256sum -c - 2>/dev/null || shasum -a 256 -c -)`,
      "tar -xzf neverstale.tgz",
      "sh neverstale/setup.sh --server https://fleet.example.org --enroll-token to-ken_1)",
    ].join(" && "),
  );
  expect(enrollCautions(new URL("https://fleet.example.org"))).toEqual([]);
});

test("what an address means for the other machine is said", () => {
  const inTheClear = new URL("http://10.0.0.5:8080/");
  expect(enrollCommand(inTheClear, "t", HASH)).toContain("--server http://10.0.0.5:8080 --allow-http ");
  expect(enrollCautions(inTheClear)[0]).toContain("in the clear");
  expect(enrollCommand(new URL("http://127.0.0.1:8080"), "t", HASH)).not.toContain("--allow-http");
  expect(enrollCautions(new URL("http://127.0.0.1:8080"))[0]).toContain("--server");
});

test("what a shell would read is quoted", () => {
  const command = enrollCommand(new URL("https://[fe80::1]/"), "a'b", HASH);

  expect(command).toContain(`--server 'https://[fe80::1]' --enroll-token 'a'\\''b'`);
  expect(command).toContain("-o neverstale.tgz 'https://[fe80::1]/agent/neverstale.tgz'");
});
