/** The tree of a behaviour, in Solid, without the compiler of its templates. */

import { StateSync } from "@neverstale/client";
import type { OwnedReplicaOptions } from "@neverstale/client/bindings";
import { mutations } from "@neverstale/client/mutations";
import { createSyncHooks } from "@neverstale/solid";
import { type Accessor, createComponent, For, type JSX } from "solid-js";
import { Dynamic } from "solid-js/web";
import type { Seen, Tree, View } from "../binding.ts";
import type { Board } from "../board.ts";

const { SyncProvider, useStateSync, ...hooks } = createSyncHooks<Board>();

export function TreeOf(props: { readonly tree: Tree }): JSX.Element {
  const { from } = props.tree;
  const views = () =>
    createComponent(For, {
      get each() {
        return props.tree.views;
      },
      children: (view: View) =>
        createComponent(Shown, {
          view,
          get card() {
            return props.tree.card;
          },
        }),
    });
  if (from === null) return views();
  const owned =
    from instanceof StateSync
      ? null
      : useStateSync(() => ({ ...(props.tree.from as OwnedReplicaOptions), mutations: mutations() }));
  return createComponent(SyncProvider, {
    get sync() {
      return owned?.() ?? (props.tree.from as StateSync<Board>);
    },
    get children() {
      return views();
    },
  });
}

function Shown(props: { readonly view: View; readonly card: string }): JSX.Element {
  const seen = props.view.use(hooks, () => props.card);
  return createComponent(Dynamic, {
    component: "p",
    get children() {
      return props.view.print(seen.map((one) => (typeof one === "function" ? (one as Accessor<Seen>)() : one)));
    },
  });
}
