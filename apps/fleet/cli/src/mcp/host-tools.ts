/** These tools show hosts, and the alerts about them. */

import { type Alert, type Host, labelIn, labelOf, type Metrics, seenAlerts } from "@neverstale/fleet-domain";
import type { JsonObject } from "@neverstale/protocol";
import { z } from "zod";
import { Failure } from "../command-line/failure.ts";
import { hostIdsOf } from "../dispatch/host-names.ts";
import { hasProblem } from "../hosts/host-lines.ts";
import { cleaned, fitting } from "./answer.ts";
import { type Tool, type ToolContext, tool } from "./tool.ts";

const HostStatus = z.enum(["online", "offline", "busy"]);

const listHosts = tool({
  name: "list_hosts",
  title: "List hosts",
  description:
    "Lists the hosts of the fleet by their ids, with status, tags, load and the number of checks that are not well. All conditions must hold.",
  input: z.strictObject({
    text: z.string().max(200).optional().describe("Only hosts whose id or name contains this."),
    tags: z.array(z.string().max(64)).max(20).optional().describe("Only hosts that have all these tags."),
    status: HostStatus.optional().describe("busy: online, and a command runs there."),
    withProblems: z.boolean().optional().describe("Only hosts with a check that is not well."),
    limit: z.int().min(1).max(200).default(50),
    after: z.string().max(200).optional().describe("The `next` of the answer before."),
  }),
  readsOnly: true,
  run: ({ text = "", tags = [], status, withProblems = false, limit, after = "" }, { fleet }) => {
    const folded = text.toLowerCase();
    const found = [...fleet.hosts.values()]
      .filter(({ id }) => id > after)
      .filter((host) => `${host.id} ${host.name ?? ""}`.toLowerCase().includes(folded))
      .filter((host) => tags.every((tag) => host.tags.includes(tag)))
      .filter((host) => status === undefined || hasStatus(host, status))
      .filter((host) => !withProblems || hasProblem(host))
      .sort((a, b) => (a.id < b.id ? -1 : 1));
    const hosts = fitting(found.slice(0, limit).map((host) => shortHost(host, fleet.metrics.get(host.id))));
    return {
      matching: found.length,
      hosts,
      next: found[hosts.length] === undefined ? null : (found[hosts.length - 1]?.id ?? null),
    };
  },
});

const getHost = tool({
  name: "get_host",
  title: "Show a host",
  description:
    "Shows one host: its checks with what they found, its newest metrics, the ops that it allows, its open alerts.",
  input: z.strictObject({ host: z.string().min(1).max(200).describe("Its id, or the name that an admin gave it.") }),
  readsOnly: true,
  run: ({ host: name }, { fleet }) => shownHost(hostNamed(name, fleet), fleet),
});

const listAlerts = tool({
  name: "list_alerts",
  title: "List alerts",
  description: "Lists alerts, the newest first: what needs a person, and about which hosts or pipeline runs.",
  input: z.strictObject({
    status: z
      .enum(["open", "firing", "acknowledged", "resolved"])
      .default("open")
      .describe("open: firing or acknowledged."),
    limit: z.int().min(1).max(100).default(20),
    after: z.string().max(200).optional().describe("The `next` of the answer before."),
  }),
  readsOnly: true,
  run: ({ status, limit, after }, { fleet }) => {
    const all = [...seenAlerts(fleet)]
      .filter((alert) => (status === "open" ? isOpen(alert) : alert.status === status))
      .sort((a, b) => (a.firedAt > b.firedAt ? -1 : 1));
    const found = all.slice(1 + all.findIndex(({ id }) => id === after));
    const alerts = fitting(found.slice(0, limit).map((alert) => shownAlert(alert, fleet)));
    return { alerts, next: found[alerts.length] === undefined ? null : (found[alerts.length - 1]?.id ?? null) };
  },
});

export const HOST_TOOLS: readonly Tool[] = [listHosts, getHost, listAlerts];

/** Returns the host of that id or name. Throws a `Failure` that says which there are. */
export function hostNamed(name: string, fleet: ToolContext["fleet"]): Host {
  const found = hostIdsOf([name], fleet.hosts.values());
  const host = found.ok && found.value.length === 1 ? fleet.hosts.get(found.value[0] ?? "") : undefined;
  if (host !== undefined) return host;
  throw new Failure(`there is no one host ${name}`, { hint: "list_hosts says which there are, by their ids." });
}

function hasStatus(host: Host, status: z.infer<typeof HostStatus>): boolean {
  if (status === "offline") return !host.online;
  return host.online && (status === "online" || host.runningCommand !== undefined);
}

function isOpen({ status }: Alert): boolean {
  return status !== "resolved";
}

function shortHost(host: Host, metrics: Metrics | undefined): JsonObject {
  const { cpu = null, ram = null, disk = null } = metrics ?? {};
  return {
    id: host.id,
    name: labelOf(host),
    online: host.online,
    busy: host.runningCommand !== undefined,
    tags: [...host.tags],
    problems: Object.values(host.checks).filter(({ status }) => status !== "ok").length,
    ...(metrics !== undefined && { percent: { cpu, ram, disk } }),
  };
}

/** Each list has room of its own, so that the answer as a whole keeps its bound. */
const ROOM = { alerts: 6_000, checks: 30_000, ops: 12_000, fileSystems: 4_000 };

function shownHost(host: Host, fleet: ToolContext["fleet"]): JsonObject {
  const { metrics } = fleet;
  const { id: _, lastSeenAt = null, fileSystems = [], ...figures } = metrics.get(host.id) ?? ({} as Partial<Metrics>);
  const open = seenAlerts(fleet).filter((alert) => isOpen(alert) && host.id in alert.subjects);
  const sorted = Object.entries(host.checks).sort(
    ([, a], [, b]) => Number(a.status === "ok") - Number(b.status === "ok"),
  );
  const checks = sorted.map(([name, check]) => ({ name, ...(check as JsonObject) }));
  const ops = host.ops.map(({ name, args }) => ({ name, args: args.map((arg) => `${arg.name}: ${arg.type}`) }));
  return {
    ...cleaned({
      ...shortHost(host, undefined),
      ...{ lastSeenAt, offlineSince: host.offlineSince ?? null, runningCommand: host.runningCommand ?? null },
      enrolledAt: host.enrolledAt,
    }),
    alerts: fitting(
      open.map(({ id, title, severity, status }) => ({ id, title, severity, status })),
      ROOM.alerts,
    ),
    untrusted: {
      ...cleaned({ ...ownWords(host), metrics: figures as JsonObject }),
      fileSystems: fitting(fileSystems, ROOM.fileSystems),
      checks: fitting(checks, ROOM.checks),
      ops: fitting(ops, ROOM.ops),
    },
  };
}

function ownWords({ hostname, os, arch, agentVersion }: Host): JsonObject {
  return { hostname, os, arch, agentVersion };
}

function shownAlert(alert: Alert, fleet: ToolContext["fleet"]): JsonObject {
  const { id, rule, kind, severity, status, title, message, firedAt, acknowledgedBy, resolvedAt, count } = alert;
  const subjects = Object.entries(alert.subjects);
  return {
    ...{ id, rule, kind, severity, status, title, firedAt, count },
    ...(acknowledgedBy !== undefined && { acknowledgedBy }),
    ...(resolvedAt !== undefined && { resolvedAt }),
    about: subjects.slice(0, 20).map(([id, since]) => ({ id, name: labelIn(fleet.hosts, id), since })),
    aboutMore: Math.max(0, subjects.length - 20),
    untrusted: { message },
  };
}
