/** The hosts that somebody has chosen on this page, to run something on them, are kept here and nowhere else. */

import { createContext, useContext, useSyncExternalStore } from "react";

export class ChosenHosts {
  readonly #listeners = new Set<() => void>();
  #ids: ReadonlySet<string> = new Set();

  /** It is another set after each choice. */
  get ids(): ReadonlySet<string> {
    return this.#ids;
  }

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** These and no others are chosen from now on. */
  choose(ids: Iterable<string>): void {
    this.#ids = new Set(ids);
    for (const listener of this.#listeners) listener();
  }

  /** The others stay as they are, also those that a filter hides. */
  set(ids: Iterable<string>, chosen: boolean): void {
    const next = new Set(this.#ids);
    for (const id of ids) chosen ? next.add(id) : next.delete(id);
    this.choose(next);
  }
}

export const ChosenHostsContext = createContext(new ChosenHosts());

export function useChosenHosts(): ChosenHosts {
  return useContext(ChosenHostsContext);
}

export function useChosenIds(): ReadonlySet<string> {
  const chosen = useChosenHosts();
  return useSyncExternalStore(chosen.subscribe, () => chosen.ids);
}

/** The component renders again only when this host was chosen, or is chosen no more. */
export function useIsChosen(id: string): boolean {
  const chosen = useChosenHosts();
  return useSyncExternalStore(chosen.subscribe, () => chosen.ids.has(id));
}

export function useAnyChosen(): boolean {
  const chosen = useChosenHosts();
  return useSyncExternalStore(chosen.subscribe, () => chosen.ids.size > 0);
}
