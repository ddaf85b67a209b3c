/** Readers follow over HTTP, through caches: real replicas on networks through which no WebSocket passes. */

import type { AuthorityEnd } from "../network/network.ts";
import type { CachePlan, ReaderPlan } from "../plan/readers-plan.ts";
import type { Surroundings } from "../world/surroundings.ts";
import { Tab } from "../world/tab.ts";
import { SimCache } from "./cache.ts";
import type { HttpEnd } from "./http-end.ts";
import { PUBLIC_PATH } from "./origin.ts";
import { UpstreamWay } from "./upstream-way.ts";

export class Readers {
  readonly tabs = new Map<string, Tab>();
  readonly caches: SimCache[] = [];
  readonly #ways: UpstreamWay[] = [];
  readonly #world: Surroundings;
  readonly #authority: ReadersAuthority;

  constructor(world: Surroundings, authority: ReadersAuthority) {
    this.#world = world;
    this.#authority = authority;
  }

  addCaches(plans: readonly CachePlan[]): void {
    const { clock, counters, random } = this.#world;
    for (const { behind, latencyMs, ...habits } of plans) {
      const end: HttpEnd = behind === null ? this.#authority : (this.caches[behind] ?? this.#authority);
      const upstream = new UpstreamWay(clock, random.fork(`cache ${this.caches.length}`), latencyMs, end);
      this.#ways.push(upstream);
      const shares = ({ url }: { readonly url: URL }) => url.pathname.startsWith(`${PUBLIC_PATH}/`);
      this.caches.push(new SimCache({ clock, counters, habits, upstream, shares }));
    }
  }

  heal(): void {
    for (const way of this.#ways) way.heal();
  }

  open({ name, space, isPublic, caches, keepsOwn, joinsAtMs: _, ...network }: ReaderPlan, beaconMs: number): Tab {
    const ends = caches.flatMap((number) => this.caches[number] ?? []);
    const http = {
      path: pathOf(space, isPublic),
      ends: ends.length === 0 ? [this.#authority] : ends,
      keepsOwn,
      isDirect: ends.length === 0,
    };
    const kind = { inBrowser: false, parts: true, steps: true };
    const tab = new Tab(this.#world, this.#authority, { name, space, ...kind, network, beaconMs, http });
    this.tabs.set(name, tab);
    return tab;
  }
}

type ReadersAuthority = AuthorityEnd & HttpEnd;

function pathOf(space: string, isPublic: boolean): string {
  if (isPublic) return PUBLIC_PATH;
  return space === "main" ? "/sync" : `/sync/${space}`;
}
