/** This tree is rendered on a server first, and then taken over by a page. */

import type { OwnedReplicaOptions } from "@neverstale/client/bindings";
import { cardsOf, type Tree } from "./binding.ts";
import { Watched } from "./watched.ts";

export function firstTree(from: OwnedReplicaOptions): Tree {
  const titles = new Watched(
    (hooks) => [hooks.useCollection("cards")],
    ([cards]) =>
      cardsOf(cards)
        .map(({ title }) => title)
        .join(),
  );
  return { from, card: "a", views: [titles] };
}
