import { expect, test } from "vitest";
import { mayActWhere } from "./may-act.ts";

const LIVE = { mayDispatch: true, moment: "live", old: false } as const;

test("an action begins on a live page, by who may dispatch, and else it is said why not", () => {
  expect(mayActWhere(LIVE)).toEqual({ may: true, why: null });
  expect(mayActWhere({ ...LIVE, old: true })).toMatchObject({ may: false, why: expect.stringContaining("not live") });
  expect(mayActWhere({ ...LIVE, moment: "held" })).toMatchObject({
    may: false,
    why: expect.stringContaining("paused"),
  });
  expect(mayActWhere({ ...LIVE, moment: "past" })).toMatchObject({ may: false, why: expect.stringContaining("past") });
  expect(mayActWhere({ ...LIVE, moment: "past", mayDispatch: false }).why).toContain("past");
  expect(mayActWhere({ ...LIVE, mayDispatch: false })).toMatchObject({
    may: false,
    why: expect.stringContaining("viewer"),
  });
});
