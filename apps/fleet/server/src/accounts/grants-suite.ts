import { expect } from "vitest";
import { Browser, type HostAgent, onlineHost, type Upgrade, upgrade } from "../fleet/fleet-suite.ts";
import type { RunningFleet } from "../process/io/start.ts";
import { openSession } from "./decide.ts";
import { csrfTokenOf, hashOf, newSecret } from "./io/secrets.ts";

/** What the tests of grants by tag share: people who are limited to some tags, and hosts that carry them. */

/** Somebody who is signed in, limited to these tags unless they are null. */
export async function limitedPerson(
  admin: Browser,
  name: string,
  role: string,
  tags: readonly string[] | null,
): Promise<Browser> {
  const answer = await admin.post("/api/users", { name, role, ...(tags !== null && { tags }) });
  expect([name, answer.status]).toEqual([name, 201]);
  const { fleet } = admin;
  const secret = newSecret();
  await fleet.parts.transactions.transact((work) =>
    openSession(work, hashOf(secret), { user: name, how: "in a test" }),
  );
  return new Browser(fleet, `${admin.cookie.split("=")[0]}=${secret}`, csrfTokenOf(secret));
}

export async function taggedHost(admin: Browser, name: string, tags: readonly string[]): Promise<HostAgent> {
  const host = await onlineHost(admin, name);
  await tagHost(admin, host.id, tags);
  return host;
}

export async function tagHost(admin: Browser, host: string, tags: readonly string[]): Promise<void> {
  const answer = await admin.call("PATCH", `/api/hosts/${host}`, { tags });
  expect([host, answer.status]).toEqual([host, 200]);
}

/** It follows as a page does, by the full profile. */
export function follow(browser: Browser, path = "/sync"): Promise<Upgrade> {
  const { cookie, origin } = browser.headers;
  return upgrade(browser.fleet, path, { cookie: cookie ?? "", origin: origin ?? "" }, [
    "neverstale.v1",
    `csrf.${browser.csrf}`,
  ]);
}

/** It follows as a program does, by its API token alone. */
export function followByToken(fleet: RunningFleet, token: string, path = "/sync"): Promise<Upgrade> {
  return upgrade(fleet, path, { authorization: `Bearer ${token}` }, ["neverstale.v1"]);
}

/** Each answer has an id of its own, which is left out where two of them are to be the same. */
export function withoutAnswerId(text: string): string {
  return text.replace(/,?"instance":"[^"]*"/, "");
}
