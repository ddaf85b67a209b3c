import { expect, test } from "vitest";
import { hostRecord } from "../hosts/host-suite.ts";
import { askedSilence, fieldTime, type TypedSilence } from "./asked-silence.ts";

const TYPED: TypedSilence = {
  about: "all",
  tag: "",
  hosts: "",
  from: "",
  until: "2026-01-02T12:00",
  reason: " new disks ",
};
const HOSTS = [hostRecord("web-1"), hostRecord("db-1", { name: "Store" })];
const asked = (rest: Partial<TypedSilence> = {}) => askedSilence({ ...TYPED, ...rest }, HOSTS);
const until = new Date(2026, 0, 2, 12, 0).toISOString();

test("what is typed becomes a silence of all hosts, of a tag, or of hosts by their names", () => {
  expect(asked()).toEqual({ until, reason: "new disks" });
  expect(asked({ about: "tag", tag: "prod " })).toEqual({ until, reason: "new disks", tags: ["prod"] });
  expect(asked({ about: "hosts", hosts: "web-1, store web-1" })).toMatchObject({ hosts: ["web-1", "db-1"] });
  expect(asked({ from: "2026-01-01T12:00" })).toMatchObject({ from: new Date(2026, 0, 1, 12, 0).toISOString() });
});

test("what is missing or wrong is said in a sentence", () => {
  expect(asked({ until: "" })).toMatch(/until when/);
  expect(asked({ from: "2026-01-03T12:00" })).toMatch(/ends after/);
  expect(asked({ reason: " " })).toMatch(/why/);
  expect(asked({ about: "tag" })).toMatch(/tag/);
  expect(asked({ about: "hosts" })).toMatch(/hosts/);
  expect(asked({ about: "hosts", hosts: "web-1 nope" })).toBe("There is no host nope.");
});

test("a time is written as its field wants it", () => {
  expect(fieldTime(new Date(2026, 2, 4, 5, 6, 7).getTime())).toBe("2026-03-04T05:06");
});
