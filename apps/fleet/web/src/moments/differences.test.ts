import { expect, test } from "vitest";
import { byHost, byKind, differencesOf, pastStateOf, valueWords } from "./differences.ts";

const host = (id: string, more: object = {}) => ({ id, hostname: id, online: true, tags: [] as string[], ...more });

const before = pastStateOf({
  hosts: [host("web-1"), host("web-2"), host("db-1", { name: "Main" })],
  commands: [{ id: "c1", host: "web-1", op: "uptime", status: "running" }],
  metrics: [{ id: "web-1", cpu: 1 }],
  alerts: [],
});
const after = pastStateOf({
  hosts: [host("web-1", { online: false }), host("db-1", { name: "Main" }), host("web-3")],
  commands: [{ id: "c1", host: "web-1", op: "uptime", status: "failed" }],
  metrics: [{ id: "web-1", cpu: 2 }],
  alerts: [{ id: "a1", title: "A host is lost", status: "firing" }],
});

test("records that came, went and changed are listed, each with the fields that are others", () => {
  const list = differencesOf(before, after);

  expect(list.map(({ key, kind, label }) => [key, kind, label])).toEqual([
    ["alerts/a1", "added", "A host is lost"],
    ["hosts/web-1", "changed", "web-1"],
    ["hosts/web-2", "removed", "web-2"],
    ["hosts/web-3", "added", "web-3"],
    ["commands/c1", "changed", "uptime on web-1"],
    ["metrics/web-1", "changed", "web-1"],
  ]);
  expect(list[1]?.fields).toEqual([{ name: "online", before: true, after: false }]);
  expect(differencesOf(before, before)).toEqual([]);
});

test("they stand by kind, or by host with what is about none at the end", () => {
  const list = differencesOf(before, after);

  expect(byKind(list).map(({ title, summary }) => [title, summary])).toEqual([
    ["Alerts", "1 new"],
    ["Hosts", "1 new, 1 changed, 1 gone"],
    ["Runs", "1 changed"],
    ["Figures of hosts", "1 changed"],
  ]);
  expect(byHost(list, after).map(({ title, summary }) => [title, summary])).toEqual([
    ["web-1", "3 changed"],
    ["web-2", "1 gone"],
    ["web-3", "1 new"],
    ["About no single host", "1 new"],
  ]);
});

test("a record that came has all of its fields, and a long value is cut", () => {
  const [alert] = differencesOf(before, after);

  expect(alert?.fields.map(({ name, before: then }) => [name, then])).toEqual([
    ["title", undefined],
    ["status", undefined],
  ]);
  expect([undefined, ["a", "b"], [], { n: 1 }].map(valueWords)).toEqual(["–", "a, b", "[]", '{"n":1}']);
  expect(valueWords("x".repeat(999))).toHaveLength(161);
});
