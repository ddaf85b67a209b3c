import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { SYNC_ERROR_CODES } from "../errors.ts";
import * as CLOSE from "./close.ts";
import {
  ACK_AFTER_BYTES,
  ACK_AFTER_MS,
  CSRF_SUBPROTOCOL_PREFIX,
  LINEAGE_LENGTH,
  MAX_CLIENT_FRAME_BYTES,
  MAX_INFLATED_BYTES,
  SUBPROTOCOL,
  WINDOW_BYTES,
} from "./limits.ts";
import { RESYNC_REASONS } from "./messages.ts";

const spec = readFileSync(new URL("../../SPEC.md", import.meta.url), "utf8").replaceAll(/\s+/g, " ");

/** The text of one rule, its white space made even. */
function ruleText(id: string): string {
  const text = spec.split(/(?=\*\*\[)/).find((part) => part.startsWith(`**[${id}]**`));
  if (text === undefined) throw new Error(`SPEC.md has no rule ${id}`);
  return text.split(" Tests:")[0] as string;
}

test("[M7] the close codes are those of the table in SPEC.md", () => {
  const codes = [...ruleText("M7").matchAll(/\| (\d{4}) \|/g)].map(([, code]) => Number(code));

  expect(codes).toEqual(Object.values(CLOSE).sort());
});

test("[M8] the error codes are those of the list in SPEC.md", () => {
  const codes = [...ruleText("M8").matchAll(/`([a-z_]+)`/g)].map(([, code]) => code);

  expect(new Set(codes)).toEqual(new Set([...SYNC_ERROR_CODES, "code", "error", "hint"]));
});

test("the numbers and names of SPEC.md are those of the code", () => {
  expect(ruleText("M2")).toContain(`\`${SUBPROTOCOL}\``);
  expect(ruleText("M2")).toContain(`\`${CSRF_SUBPROTOCOL_PREFIX}<token>\``);
  expect(ruleText("M2")).toContain(`${ACK_AFTER_MS} ms or ${ACK_AFTER_BYTES / 1024} KiB`);
  for (const reason of RESYNC_REASONS) expect(ruleText("M2")).toContain(`\`${reason}\``);
  expect(ruleText("M3")).toContain(`${MAX_CLIENT_FRAME_BYTES / 1024} KiB`);
  expect(ruleText("M6")).toContain(`newest ${LINEAGE_LENGTH} epochs`);
  expect(ruleText("A4b")).toContain(`${WINDOW_BYTES / 1024 / 1024} MiB`);
  expect(ruleText("R10")).toContain(`${MAX_INFLATED_BYTES / 1024 / 1024} MiB`);
});
