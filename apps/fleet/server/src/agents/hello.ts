/** An agent's hello says what it is and what it allows. */

import { type AgentReport, asLine, type Host, nameProblem } from "@neverstale/fleet-domain";
import { type JsonValue, sameJson, utf8Bytes } from "@neverstale/protocol";
import { noteWithin } from "../fleet/note.ts";
import type { Work } from "../fleet/work.ts";
import { checksOf, ownChecks, repeatedChecks, withoutChecks } from "./checks.ts";

/** From now on the host is what its agent says. It is noted when that changes something. */
export function acceptHello(work: Work, hostId: string, hello: Hello): void {
  const host = work.fleet.hosts.get(hostId);
  if (host === undefined) return;
  const facts = factsOf(work, host, hello);
  const changed = changedIn(host, facts);
  work.change("host_updated", hostId, { ...facts, checks: { ...withoutChecks(ownChecks(host)), ...ownChecks(facts) } });
  if (changed.includes("hostname")) noteRename(work, host, facts.hostname);
  const others = changed.filter((name) => name !== "hostname");
  if (others.length === 0) return;
  noteWithin(work, {
    category: "system",
    level: "info",
    actor: `agent:${hostId}`,
    host: hostId,
    action: "agent_changed",
    message: `the agent of ${hostId} (${facts.agentVersion}, ${facts.ops.length === 1 ? "1 op" : `${facts.ops.length} ops`}) has new ${others.map(wordFor).join(", ")}`,
  });
}

type Hello = Extract<AgentReport, { type: "hello" }>;
type Facts = Pick<Host, "hostname" | "os" | "arch" | "agentVersion" | "ops" | "checks">;

/** It returns the facts as they may be stored: a good name, times that can be, and no more than a host's record may hold. */
function factsOf(work: Work, host: Host, hello: Hello): Facts {
  const [os, arch, agentVersion] = [asLine(hello.os), asLine(hello.arch), asLine(hello.agentVersion)];
  const ops = hello.ops.map((op) => (op.title === undefined ? op : { ...op, title: asLine(op.title) }));
  const facts = { hostname: goodName(work, host, hello.hostname), os, arch, agentVersion };
  const checks = { ...checksOf(work, host, hello.checks), ...repeatedChecks(host) };
  const { recordBytes } = work.budgets.limits;
  const bytes = utf8Bytes(JSON.stringify({ ...host, ...facts, ops, checks }));
  if (bytes <= recordBytes) return { ...facts, ops, checks };
  work.budgets.countTooLarge();
  noteWithin(work, {
    category: "error",
    level: "error",
    actor: `agent:${host.id}`,
    host: host.id,
    action: "hello_too_large",
    message: `what the agent of ${host.id} offers takes ${bytes} bytes, more than ${recordBytes}: it stays as it was; shorten its agent.yaml`,
  });
  return { ...facts, ops: host.ops, checks: host.checks };
}

/** It returns the name that the agent says, or the last one that could be shown. */
function goodName(work: Work, host: Host, hostname: string): string {
  const problem = nameProblem(hostname);
  if (problem === null) return hostname;
  noteWithin(work, {
    category: "system",
    level: "warn",
    actor: `agent:${host.id}`,
    host: host.id,
    action: "hostname_refused",
    message: `the agent of ${host.id} calls itself something that ${problem}: it is shown as before`,
  });
  return host.hostname;
}

function noteRename(work: Work, { id, hostname }: Host, now: string): void {
  noteWithin(work, {
    category: "audit",
    level: "warn",
    actor: `agent:${id}`,
    host: id,
    action: "hostname_changed",
    message: `the agent of ${id} calls itself ${now} now, ${hostname} before`,
  });
}

/** The times of checks do not count: nobody is told of those. */
function changedIn(host: Host, facts: Facts): (keyof Facts)[] {
  const names = ["hostname", "os", "arch", "agentVersion", "ops"] as const;
  const changed: (keyof Facts)[] = names.filter((name) => !sameJson(host[name] as JsonValue, facts[name] as JsonValue));
  return sameJson(withoutTimes(host.checks), withoutTimes(facts.checks)) ? changed : [...changed, "checks"];
}

function wordFor(fact: keyof Facts): string {
  return fact === "agentVersion" ? "version" : fact;
}

function withoutTimes(checks: Host["checks"]): Record<string, { readonly status: string; readonly message: string }> {
  return Object.fromEntries(Object.entries(checks).map(([name, { status, message }]) => [name, { status, message }]));
}
