/** Tabs of one browser hear each other, and one of them at a time holds a lock. A tab that ends holds none. */

import type { Position } from "@neverstale/protocol";
import type { Said } from "../transport/transport.ts";

export interface TabPlace {
  /**
   * Asks for the lock of this name, and gets it in its turn. With `steals` it is taken from whoever holds it. The returned function gives up
   * waiting: nothing is granted after it.
   */
  lead(name: string, steals: boolean, granted: (lock: TabLock) => void): () => void;
  /** Hears what other tabs post under this name, in the order of each. It hears nothing of its own. */
  join(name: string, hear: (message: TabMessage) => void): TabChannel;
}

export interface TabLock {
  /** It is called when another tab has taken the lock away. */
  lost: () => void;
  release(): void;
}

export interface TabChannel {
  post(message: TabMessage): void;
  leave(): void;
}

/** `from` is the participation of a tab that says it: each connection of a tab is another one. */
export type TabMessage =
  /** A tab wants to follow, from where it stands. */
  | { readonly type: "ask"; readonly from: string; readonly resume: Position | null }
  /** A tab leads and is level enough to be followed. */
  | { readonly type: "leading"; readonly from: string }
  /** The answer to an ask. What the leader says from here on has the numbers after `seq`. */
  | ({ readonly type: "welcome"; readonly to: string } & Numbered & { readonly frames: readonly TabFrame[] })
  /** A message of the authority. `checks` says which `check` of which tab it answers. */
  | ({ readonly type: "frame"; readonly checks?: Readonly<Record<string, number>> } & Numbered & TabFrame)
  /** A full state that one tab has asked for. */
  | ({ readonly type: "state"; readonly to: string } & Numbered & TabFrame)
  | { readonly type: "check"; readonly from: string; readonly n: number }
  | { readonly type: "get_state"; readonly from: string }
  /** A tab wants to know whether the leader is there. */
  | { readonly type: "ping"; readonly from: string }
  | { readonly type: "pong"; readonly from: string }
  /** The leader's connection has closed. */
  | { readonly type: "closed"; readonly from: string; readonly code: number }
  | { readonly type: "bye"; readonly from: string };

interface Numbered {
  readonly from: string;
  readonly seq: number;
}

export interface TabFrame {
  readonly text: string;
  /** The wall clock, which tabs share, said this when it was posted. */
  readonly at: number;
  /** The transport knew this of its age then. */
  readonly said?: Said;
}
