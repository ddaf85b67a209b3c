/** This runs in the page: a replica of hosts whose user the address names. It is kept over a reload, and shares its connection where the address says so. Its mutations are kept where that says so. */

import { StateSync } from "@neverstale/client";
import { kept } from "@neverstale/client/kept";
import { mutations } from "@neverstale/client/mutations";
import { keptQueue } from "@neverstale/client/queue";
import { tabs } from "@neverstale/client/tabs";
import { noteHost } from "./host-model.ts";

interface Hosts {
  readonly hosts: ReadonlyMap<string, { readonly id: string; readonly cpu: number; readonly note?: string }>;
}

const startedAt = performance.now();
const parameters = new URLSearchParams(location.search);
const user = parameters.get("user");
const told: string[] = [];
const queue = keptQueue({
  mutations: [noteHost],
  onOutcome: ({ type }, { args }) => told.push(`${args} ${type}`),
});
const sync = new StateSync<Hosts>({
  url: "/sync",
  ...(user === null ? {} : { user }),
  ...(parameters.has("unkept") ? {} : { kept: kept() }),
  ...(parameters.has("tabs") ? { tabs: tabs() } : {}),
  ...(parameters.has("queue") ? { mutations: mutations({ url: `/mutations?user=${user}`, queue }) } : {}),
});

/** The tests look at this. */
const facts = {
  sync,
  told,
  note: (text: string) => sync.mutate(noteHost, text),
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
