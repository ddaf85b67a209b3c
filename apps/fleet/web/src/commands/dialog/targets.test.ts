import type { Fleet } from "@neverstale/fleet-domain";
import { expect, test } from "vitest";
import { hostRecord } from "../../hosts/host-suite.ts";
import { cliLine } from "./cli-line.ts";
import type { RunWhere } from "./run-opener.ts";
import { choiceOf, hostsMeant, whereChoices, whereOf } from "./targets.ts";

const HOSTS = [
  hostRecord("web-1", { tags: ["prod", "web"] }),
  hostRecord("web-2", { tags: ["web"], online: false }),
  hostRecord("db-1", { tags: ["prod"] }),
];
const FLEET = {
  hosts: new Map(HOSTS.map((host) => [host.id, host])),
  metrics: new Map([["db-1", { id: "db-1", cpu: 90, lastSeenAt: "" }]]),
  groups: new Map([["webs", { id: "webs", title: "Web servers", filter: "tag:web -status:offline" }]]),
} as unknown as Fleet;

test.each<readonly [RunWhere, readonly string[]]>([
  [{ kind: "all" }, ["web-1", "web-2", "db-1"]],
  [{ kind: "hosts", ids: ["db-1", "gone"] }, ["db-1"]],
  [{ kind: "tag", tag: "prod" }, ["web-1", "db-1"]],
  [{ kind: "group", name: "webs" }, ["web-1"]],
  [{ kind: "group", name: "none" }, []],
  [{ kind: "filter", text: "cpu:>80" }, ["db-1"]],
  [{ kind: "filter", text: " " }, []],
])("%j means %j", (where, ids) => {
  expect(hostsMeant(FLEET, where).map(({ id }) => id)).toEqual(ids);
});

test("what can be chosen leads to a target, and each target stands among the choices", () => {
  const ids = whereChoices(FLEET, ["web-1"]).flatMap(({ options }) => options.map(({ id }) => id));

  expect(ids).toEqual(["hosts", "filter", "all", "group:webs", "tag:prod", "tag:web"]);
  expect(ids.map((id) => choiceOf(whereOf(id, ["web-1"], "x")))).toEqual(ids);
  expect(whereOf("filter", [], "cpu:>80")).toEqual({ kind: "filter", text: "cpu:>80" });
});

test("the line of a shell quotes what a shell would read otherwise", () => {
  const server = "https://fleet.example/base";
  const line = (where: RunWhere, args = {}) => cliLine({ server, what: { op: "pull" }, where, args });

  expect(line({ kind: "hosts", ids: ["web-1", "web-2"] }, { note: "it's $HOME", times: 2 })).toBe(
    `neverstale dispatch pull web-1 web-2 --arg 'note=it'\\''s $HOME' --arg times=2 --url ${server}`,
  );
  expect(line({ kind: "filter", text: "tag:prod cpu:>80" })).toContain(`--filter 'tag:prod cpu:>80' `);
  expect(cliLine({ server, what: { pipeline: "rollout" }, where: { kind: "group", name: "webs" }, args: {} })).toBe(
    `neverstale pipeline rollout --group webs --url ${server}`,
  );
});
