import { expect, test } from "vitest";
import { userLines } from "./user-lines.ts";

test("users are a table that says who can come in, which hosts they see, and until when a link is good", () => {
  const createdAt = "2026-03-01T12:00:00.000Z";
  const lines = userLines([
    {
      name: "admin",
      role: "admin",
      status: "active",
      createdAt,
      secondFactor: false,
      sessions: 2,
      lastSeenAt: createdAt,
    },
    {
      name: "maria",
      role: "viewer",
      status: "invited",
      createdAt,
      linkExpiresAt: createdAt,
      secondFactor: false,
      sessions: 0,
    },
    {
      name: "otto",
      role: "operator",
      tags: ["team:web", "eu"],
      status: "locked_out",
      createdAt,
      secondFactor: false,
      sessions: 0,
    },
  ]);

  expect(lines).toEqual([
    "USER   ROLE      HOSTS              STATUS                                  SESSIONS  LAST SEEN",
    "admin  admin     all                active                                  2         2026-03-01T12:00:00.000Z",
    "maria  viewer    all                invited until 2026-03-01T12:00:00.000Z  0",
    "otto   operator  with team:web, eu  locked out                              0",
  ]);
});
