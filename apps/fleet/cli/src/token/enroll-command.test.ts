import { expect, test } from "vitest";
import { enrollCautions, enrollCommand } from "./enroll-command.ts";

test("one command enrols a machine, with nothing secret in it but the token", () => {
  expect(enrollCommand(new URL("https://fleet.example.org"), "to-ken_1")).toBe(
    "npx neverstale agent --server https://fleet.example.org --enroll-token to-ken_1",
  );
  expect(enrollCautions(new URL("https://fleet.example.org"))).toEqual([]);
});

test("what an address means for the other machine is said", () => {
  expect(enrollCommand(new URL("http://10.0.0.5:8080/"), "t")).toContain("--server http://10.0.0.5:8080 --allow-http ");
  expect(enrollCautions(new URL("http://10.0.0.5:8080/"))[0]).toContain("in the clear");
  expect(enrollCommand(new URL("http://127.0.0.1:8080"), "t")).not.toContain("--allow-http");
  expect(enrollCautions(new URL("http://127.0.0.1:8080"))[0]).toContain("--server");
});

test("what a shell would read is quoted", () => {
  expect(enrollCommand(new URL("https://[fe80::1]/"), "a'b")).toContain(
    `--server 'https://[fe80::1]' --enroll-token 'a'\\''b'`,
  );
});
