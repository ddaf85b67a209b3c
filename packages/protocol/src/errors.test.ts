import { expect, test } from "vitest";
import { assert, SYNC_ERROR_CODES, SyncError } from "./errors.ts";

test("an error carries its code, the next action and its cause", () => {
  const cause = new Error("ENOSPC");

  const error = new SyncError("store_unavailable", "the disk is full", {
    hint: "Free some.",
    retryAfterMs: 500,
    cause,
  });

  expect(error).toBeInstanceOf(Error);
  expect(error.name).toBe("SyncError");
  expect([error.code, error.message, error.hint, error.retryAfterMs]).toEqual([
    "store_unavailable",
    "the disk is full",
    "Free some.",
    500,
  ]);
  expect(error.cause).toBe(cause);
});

test("without options there is no hint, no delay and no cause", () => {
  const error = new SyncError("closed", "closed");

  expect([error.hint, error.retryAfterMs]).toEqual(["", null]);
  expect("cause" in error).toBe(false);
});

test("codes are unique and snake_case", () => {
  expect(new Set(SYNC_ERROR_CODES).size).toBe(SYNC_ERROR_CODES.length);
  for (const code of SYNC_ERROR_CODES) expect(code).toMatch(/^[a-z]+(_[a-z]+)*$/);
});

test("a broken assumption throws, a kept one doesn't", () => {
  expect(() => assert(false, "versions go up")).toThrow("assertion failed: versions go up");
  expect(() => assert(true, "versions go up")).not.toThrow();
});
