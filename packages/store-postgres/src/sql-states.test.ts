import { expect, test } from "vitest";
import { stateOutcome } from "./sql-states.ts";

test.each([
  ["40001", "a serialization failure"],
  ["40P01", "a deadlock"],
  ["53100", "a full disk"],
  ["25006", "a standby"],
  ["42501", "no right"],
  ["57014", "a cancelled statement"],
])("[A1] %s (%s), as an error, moved nothing", (state, _) => {
  expect(stateOutcome(state, "ERROR")).toBe("nothing_moved");
});

test.each([
  ["57P01", "FATAL", "a shutdown by an administrator"],
  ["53100", "PANIC", "a full disk amid the commit"],
  ["40003", "ERROR", "a server that does not know itself"],
  ["58030", "ERROR", "an error of the disk"],
  ["XX000", "ERROR", "a bug of the server"],
  [null, null, "a connection that broke"],
])("[A1] %s as %s (%s) leaves the outcome open", (state, severity, _) => {
  expect(stateOutcome(state, severity)).toBe("unknown");
});
