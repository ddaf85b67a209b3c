/** By these routes machines fetch the agent and a Node.js for it, and people learn which hash to check. */

import { AgentPackage } from "@neverstale/fleet-domain";
import { RequestRefusal } from "../../fleet/refusal.ts";
import { type Answer, type Ask, param, type Route } from "../../http/route.ts";
import type { Handout } from "./handout.ts";

/** The handout holds nothing secret: it is what anybody can install. So a machine needs no token to fetch it. */
export function handoutRoutes({ handout }: HandoutRoutesParts): Route[] {
  return [
    {
      method: "GET",
      path: "/api/agent-package",
      allow: "viewer",
      answer: AgentPackage,
      handle: async () => ({ body: (await handout.package()).about }),
    },
    { ...HANDED_OUT, path: "/agent/neverstale.tgz", handle: (ask) => sendPackage(handout, ask) },
    { ...HANDED_OUT, path: "/agent/node/:file", handle: (ask) => sendNode(handout, param(ask, "file")) },
  ];
}

const HANDED_OUT = { method: "GET", allow: "anyone", withoutState: true } as const;

export interface HandoutRoutesParts {
  readonly handout: Handout;
}

async function sendPackage(handout: Handout, ask: Ask<unknown>): Promise<Answer> {
  const { content, about } = await handout.package();
  const etag = `"${about.sha256}"`;
  const headers = { etag, "cache-control": "no-cache", "x-sha256": about.sha256 };
  if (ask.headers["if-none-match"] === etag) return { status: 304, headers };
  return { headers: { ...headers, "content-type": "application/gzip" }, body: content };
}

/** The name only chooses from a fixed list. No path is joined (C29). */
async function sendNode(handout: Handout, file: string): Promise<Answer> {
  const platform = file.replace(/\.gz$/, "");
  if (!file.endsWith(".gz") || !handout.hasNode(platform))
    throw new RequestRefusal("not_found", `there is no Node.js for ${platform} here`, {
      hint: "Install Node.js 22.18 or newer on that machine.",
    });
  const content = await handout.sendNode(platform);
  if (content === null)
    throw new RequestRefusal("too_many_requests", "many machines fetch a Node.js at this moment", {
      hint: "Try again.",
      retryAfterS: 10,
    });
  return { headers: { "cache-control": "no-cache", "content-type": "application/gzip" }, body: content };
}
