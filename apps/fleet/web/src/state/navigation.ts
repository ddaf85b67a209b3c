import { createContext, useContext, useSyncExternalStore } from "react";
import { at, below } from "./io/base-path.ts";
import { formatView, parseView, type View } from "./place.ts";

/** The address bar as a store: the one place that reads and writes it. */
export class Navigation {
  readonly #window: Window;
  readonly #listeners = new Set<() => void>();
  #view: View;

  constructor(window: Window) {
    this.#window = window;
    this.#view = this.#read();
    window.addEventListener("popstate", () => this.#moved());
  }

  get view(): View {
    return this.#view;
  }

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** A step that "back" undoes. */
  go(view: View): void {
    if (formatView(view) === formatView(this.#view)) return;
    this.#window.history.pushState(null, "", at(formatView(view)));
    this.#moved();
  }

  /** A change of the same step: a filter that is being typed, a tab. */
  replace(view: View): void {
    this.#window.history.replaceState(null, "", at(formatView(view)));
    this.#moved();
  }

  #read(): View {
    return parseView(below(this.#window.location.pathname), this.#window.location.search);
  }

  #moved(): void {
    this.#view = this.#read();
    for (const listener of this.#listeners) listener();
  }
}

export const NavigationContext = createContext<Navigation | null>(null);

export function useNavigation(): Navigation {
  const navigation = useContext(NavigationContext);
  if (navigation === null) throw new Error("no Navigation around this component");
  return navigation;
}

export function useView(): View {
  const navigation = useNavigation();
  return useSyncExternalStore(navigation.subscribe, () => navigation.view);
}
