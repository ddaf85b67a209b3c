import { expect, test } from "vitest";
import { commandFiles, hostDirectory } from "./command-files.ts";

test("a host named with dots, as most are, has a directory of its own", () => {
  expect(hostDirectory("/data", "web-1.example.org")).toBe("/data/host-web-1.example.org");
});

test.each(["..", "a/b", "../a", "a\\b", "", "a\0", "x".repeat(129)])(
  "no id leads out of the data directory: %j",
  (id) => {
    expect(() => commandFiles("/data/host-a", id)).toThrow("can't be");
    if (id !== "..") expect(() => hostDirectory("/data", id)).toThrow("can't be");
    else expect(hostDirectory("/data", id)).toBe("/data/host-..");
  },
);
