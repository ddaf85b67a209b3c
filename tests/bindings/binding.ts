/** A binding is tried through an adapter: it mounts views in its framework, and says how the framework reads what a hook returns. */

import type { PendingMutation, Replica, StateSync, SyncView } from "@neverstale/client";
import type { Arrangement, OwnedReplicaOptions, Requests } from "@neverstale/client/bindings";
import type { Board, Card } from "./board.ts";

export interface Binding {
  /** The tree is shown below `place`, which is empty. */
  mount(place: HTMLElement, tree: Tree): Mounted;
  /** `place` holds what the server rendered of the same tree. */
  hydrate(place: HTMLElement, tree: Tree): Mounted;
}

export interface Mounted {
  /** The tree has the same views, and other facts. */
  update(tree: Tree): void;
  unmount(): void;
}

/** A tree has a replica, which it is given or owns, and below it one paragraph for each view. */
export interface Tree {
  readonly from: StateSync<Board> | OwnedReplicaOptions | null;
  /** The views are about this card. */
  readonly card: string;
  readonly views: readonly View[];
}

/** A view calls hooks once for each component, and prints what they say at each render. */
export interface View {
  /** `card` is the id in the form in which the hooks of the framework take what may change. */
  use(hooks: Hooks, card: Given): readonly Seen[];
  print(values: readonly Seen[]): string;
}

/** It stands for a value that may change: the adapter passes a value, a reference or a function, as its framework has it. */
export type Given = unknown;

/** It stands for what a hook returns: the adapter knows how to read it. */
export type Seen = unknown;

/** All bindings have these hooks. */
export interface Hooks {
  useRecord(collection: "cards", id: Given): Seen;
  useCollection(collection: "cards", arrangement?: Arrangement<Card>): Seen;
  useSelection(selector: (state: Board) => unknown): Seen;
  useSync(selector: (view: SyncView) => unknown): Seen;
  usePending(): Seen;
  useMutate(): Replica["mutate"];
  useRequests(): Requests;
  useReplica(): Seen;
}

/** The values of a view have these types, in the order of its hooks. */
export const cardOf = (value: unknown): Card | undefined => value as Card | undefined;
export const cardsOf = (value: unknown): readonly Card[] => value as readonly Card[];
export const pendingOf = (value: unknown): readonly PendingMutation[] => value as readonly PendingMutation[];
