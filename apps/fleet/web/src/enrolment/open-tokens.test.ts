import type { EnrollmentToken } from "@neverstale/fleet-domain";
import { expect, test } from "vitest";
import { openTokens } from "./open-tokens.ts";

const NOW = Date.parse("2026-03-01T12:00:00Z");

function token(id: string, minutes: number, more: Partial<EnrollmentToken> = {}): EnrollmentToken {
  const expiresAt = new Date(NOW + minutes * 60_000).toISOString();
  return { id, createdBy: "admin", createdAt: "2026-03-01T11:30:00.000Z", expiresAt, ...more };
}

test("tokens that are good and not used up are shown with what is left of them, the one that ends first before the others", () => {
  const tokens = [
    token("late", 50, { uses: 20, used: 18 }),
    token("soon", 5),
    token("over", -1),
    token("used", 50, { usedBy: "web-1" }),
    token("used up", 50, { uses: 2, used: 2 }),
  ];

  expect(openTokens(tokens, NOW).map(({ token: { id }, words }) => [id, words])).toEqual([
    ["soon", "good for 1 host"],
    ["late", "good for 2 more of 20 hosts"],
  ]);
});
