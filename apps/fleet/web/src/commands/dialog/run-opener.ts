/** The dialog that starts something is asked for from many places of the page. This is where they ask, and where it is told. */

import { createContext, useContext, useSyncExternalStore } from "react";
import type { PagePlace } from "../../state/place.ts";

/** Hosts on which something is to run are said by their ids, or by what finds them. */
export type RunWhere =
  | { readonly kind: "hosts"; readonly ids: readonly string[] }
  | { readonly kind: "all" }
  | { readonly kind: "tag"; readonly tag: string }
  | { readonly kind: "group"; readonly name: string }
  | { readonly kind: "filter"; readonly text: string };

export interface RunWish {
  readonly where: RunWhere;
  /** `op:<name>` or `pipeline:<name>`. Null means that it is chosen in the dialog. */
  readonly what: string | null;
}

export class RunOpener {
  readonly #listeners = new Set<() => void>();
  #wish: RunWish | null = null;

  /** Null means that the dialog is closed. */
  get wish(): RunWish | null {
    return this.#wish;
  }

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  open(wish: RunWish): void {
    this.#set(wish);
  }

  close(): void {
    this.#set(null);
  }

  #set(wish: RunWish | null): void {
    this.#wish = wish;
    for (const listener of this.#listeners) listener();
  }
}

export const RunOpenerContext = createContext(new RunOpener());

export function useRunOpener(): RunOpener {
  return useContext(RunOpenerContext);
}

export function useRunWish(): RunWish | null {
  const opener = useRunOpener();
  return useSyncExternalStore(opener.subscribe, () => opener.wish);
}

/** It means the chosen hosts. Without any it means the host that is open, or those that the screen of the hosts shows by its filter. */
export function chosenWish({ screen, open, filter }: PagePlace, chosen: ReadonlySet<string>): RunWish {
  const ids = chosen.size > 0 ? [...chosen] : screen === "hosts" && open !== null ? [open] : [];
  const where: RunWhere =
    ids.length > 0 ? { kind: "hosts", ids } : { kind: "filter", text: screen === "hosts" ? filter : "" };
  return { where, what: null };
}
