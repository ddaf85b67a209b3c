/** The tree of a behaviour, in React. */

import { StateSync } from "@neverstale/client";
import type { OwnedReplicaOptions } from "@neverstale/client/bindings";
import { mutations } from "@neverstale/client/mutations";
import { createSyncHooks } from "@neverstale/react";
import { createElement, memo, type ReactNode } from "react";
import type { Tree, View } from "../binding.ts";
import type { Board } from "../board.ts";

const { SyncProvider, useStateSync, ...hooks } = createSyncHooks<Board>();

export function treeElement({ from, card, views }: Tree): ReactNode {
  const shown = views.map((view, at) => createElement(Shown, { key: at, view, card }));
  if (from === null) return shown;
  if (from instanceof StateSync) return createElement(SyncProvider, { sync: from }, shown);
  return createElement(Owner, { options: from }, shown);
}

const Shown = memo(({ view, card }: { readonly view: View; readonly card: string }) =>
  createElement("p", null, view.print(view.use(hooks, card))),
);

function Owner({ options, children }: { readonly options: OwnedReplicaOptions; readonly children?: ReactNode }) {
  return createElement(SyncProvider, { sync: useStateSync({ ...options, mutations: mutations() }) }, children);
}
