/** @jsxImportSource solid-js */
import type { StateSync } from "@neverstale/client";
import { createSyncHooks } from "@neverstale/solid";
import { For } from "solid-js";
import { render } from "solid-js/web";

type Host = { readonly id: string; readonly status: string };
export type Hosts = { readonly hosts: ReadonlyMap<string, Host> };

const { SyncProvider, useRecord, useSelection, useSync, useRequests } = createSyncHooks<Hosts>();

// Its text is made again only when this host has changed.
function HostLine(props: { readonly id: string }) {
  const host = useRecord("hosts", () => props.id);
  const { request } = useRequests();
  const restart = () => request(`/api/hosts/${props.id}/restart`, {});
  return (
    <button type="button" onClick={restart}>
      {props.id} is {host()?.status}
    </button>
  );
}

// Its parts are made again only when a host has come or gone, or when the freshness is another.
function Page() {
  const ids = useSelection((state) => [...state.hosts.keys()]);
  const freshness = useSync((view) => view.status.type);
  return (
    <main>
      {freshness()}: <For each={ids()}>{(id) => <HostLine id={id} />}</For>
    </main>
  );
}

// The replica is made once, outside of the components, and handed down: `showPage(root, new StateSync({ url: "/sync" }))`.
export function showPage(root: HTMLElement, sync: StateSync<Hosts>): () => void {
  return render(
    () => (
      <SyncProvider sync={sync}>
        <Page />
      </SyncProvider>
    ),
    root,
  );
}
