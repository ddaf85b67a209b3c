import type { StateSync } from "@neverstale/client";
import { createSyncHooks } from "@neverstale/react";
import { createRoot, type Root } from "react-dom/client";

type Host = { readonly id: string; readonly status: string };
export type Hosts = { readonly hosts: ReadonlyMap<string, Host> };

const { SyncProvider, useRecord, useSelection, useSync, useRequests } = createSyncHooks<Hosts>();

// It renders again only when this host has changed.
function HostLine({ id }: { readonly id: string }) {
  const host = useRecord("hosts", id);
  const { request } = useRequests();
  const restart = () => request(`/api/hosts/${id}/restart`, {});
  return (
    <button type="button" onClick={restart}>
      {id} is {host?.status}
    </button>
  );
}

// It renders again only when a host has come or gone, or when the freshness is another.
function Page() {
  const ids = useSelection((state) => [...state.hosts.keys()]);
  const freshness = useSync((view) => view.status.type);
  return (
    <main>
      {freshness}:{" "}
      {ids.map((id) => (
        <HostLine key={id} id={id} />
      ))}
    </main>
  );
}

// The replica is made once, outside of React, and handed down: `showPage(root, new StateSync({ url: "/sync" }))`.
export function showPage(root: HTMLElement, sync: StateSync<Hosts>): Root {
  const shown = createRoot(root);
  shown.render(
    <SyncProvider sync={sync}>
      <Page />
    </SyncProvider>,
  );
  return shown;
}
