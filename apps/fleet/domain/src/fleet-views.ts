/** The views of the fleet's main space show those who are limited to some tags the hosts that carry one, and what belongs to these. */

import { defineView, type GrantedView, through, type Views } from "@neverstale/protocol";
import type { Silence } from "./alerts/alert.ts";
import type { fleetModel } from "./fleet.ts";
import { Tag } from "./hosts/host.ts";

type FleetModel = ReturnType<typeof fleetModel>;
export type FleetViews = Views<FleetModel, "limited">;

/**
 * Records that name several hosts are in no view, but for their shares: pipelines, alerts and the events of many. A silence is shown that
 * is of one tag alone. Rules of `fleet.yaml` for ops and pipelines are shown to all, because they name no host.
 */
export function fleetViews(model: FleetModel): FleetViews {
  return defineView(model, {
    keys: {
      hosts: ({ tags }) => tags.map(keyOfTag),
      commands: through("hosts", "host"),
      events: through("hosts", "host"),
      metrics: through("hosts", "id"),
      shares: ({ tag }) => [keyOfTag(tag)],
      silences: (silence) => {
        const tag = tagSilenced(silence);
        return tag === null ? [] : [keyOfTag(tag)];
      },
      opRules: () => EVERYBODY,
      pipelineRules: () => EVERYBODY,
    },
    roles: {
      limited: {
        ...({ hosts: "*", commands: "*", events: "*", metrics: "*", shares: "*", silences: "*" } as const),
        ...({ opRules: "*", pipelineRules: "*" } as const),
      },
    },
  });
}

/** It returns the tag whose hosts, and no others, are silenced, or null. */
export function tagSilenced({ hosts, tags = [] }: Pick<Silence, "hosts" | "tags">): string | null {
  const [tag, ...more] = tags;
  return hosts === undefined && more.length === 0 && Tag.safeParse(tag).success ? (tag ?? null) : null;
}

/** It returns the view of somebody who is limited to these tags. */
export function viewOfTags(views: FleetViews, tags: readonly string[]): GrantedView {
  return views.of(Object.fromEntries([...EVERYBODY, ...tags.map(keyOfTag)].map((key) => [key, "limited"])));
}

function keyOfTag(tag: string): string {
  return `tag:${tag}`;
}

const EVERYBODY = ["*"] as const;
