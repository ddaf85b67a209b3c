/** This runs in the page: a replica of hosts whose user the address names. It is kept over a reload, and shares its connection where the address says so. */

import { StateSync } from "@neverstale/client";
import { kept } from "@neverstale/client/kept";
import { tabs } from "@neverstale/client/tabs";

interface Hosts {
  readonly hosts: ReadonlyMap<string, { readonly id: string; readonly cpu: number }>;
}

const startedAt = performance.now();
const parameters = new URLSearchParams(location.search);
const user = parameters.get("user");
const sync = new StateSync<Hosts>({
  url: "/sync",
  ...(user === null ? {} : { user }),
  ...(parameters.has("unkept") ? {} : { kept: kept() }),
  ...(parameters.has("tabs") ? { tabs: tabs() } : {}),
});

/** The tests look at this. */
const facts = {
  sync,
  /** The first records were shown so long after the script had begun. Null: none have been. */
  paintedMs: null as number | null,
  /** This was the replica's status then. */
  paintedWhile: null as string | null,
};

sync.subscribe(() => {
  const { size } = sync.state.hosts;
  document.body.textContent = `${size} hosts, ${sync.status.type}`;
  if (facts.paintedMs !== null || size === 0) return;
  facts.paintedMs = performance.now() - startedAt;
  facts.paintedWhile = sync.status.type;
});
Reflect.set(window, "facts", facts);
