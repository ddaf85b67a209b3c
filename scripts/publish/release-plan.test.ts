import { expect, test } from "vitest";
import { publishCommand, type ReleaseFlags, readReleaseFlags, repositoryOf } from "./release-plan.ts";

function flagsOf(args: readonly string[], env = {}): ReleaseFlags {
  const flags = readReleaseFlags(args, env);
  if ("misread" in flags) throw new Error(flags.misread);
  return flags;
}

test("a release is a dry run until somebody says that it is to be published", () => {
  expect(publishCommand("a.tgz", flagsOf([]))).toEqual([
    "publish",
    "a.tgz",
    "--access",
    "public",
    "--tag",
    "latest",
    "--dry-run",
  ]);
  expect(publishCommand("a.tgz", flagsOf(["--publish"]))).not.toContain("--dry-run");
});

test("a workflow that can prove what it is signs the provenance, unless it is told not to", () => {
  const workflow = { ACTIONS_ID_TOKEN_REQUEST_URL: "https://token.invalid" };

  expect(publishCommand("a.tgz", flagsOf(["--publish"], workflow))).toContain("--provenance");
  expect(publishCommand("a.tgz", flagsOf(["--publish", "--no-provenance"], workflow))).not.toContain("--provenance");
  expect(publishCommand("a.tgz", flagsOf(["--publish"]))).not.toContain("--provenance");
  expect(publishCommand("a.tgz", flagsOf(["--publish", "--provenance"]))).toContain("--provenance");
});

test("a tag and a code of the second factor are handed on", () => {
  const command = publishCommand("a.tgz", flagsOf(["--publish", "--tag", "next", "--otp", "123456"]));

  expect(command.join(" ")).toBe("publish a.tgz --access public --tag next --otp 123456");
});

test.each([["--pubish"], ["--tag"], ["--otp"]])("%s alone is refused", (flag) => {
  expect(readReleaseFlags([flag], {})).toHaveProperty("misread");
});

test.each([
  ["https://repository.invalid/ours", "https://repository.invalid/ours"],
  ["git+https://repository.invalid/ours.git", "https://repository.invalid/ours"],
  [{ type: "git", url: "https://repository.invalid/ours/" }, "https://repository.invalid/ours"],
  ["git@repository.invalid:ours.git", null],
  [undefined, null],
])("the repository %j has the address %j for browsers", (field, address) => {
  expect(repositoryOf(field)).toBe(address);
});
