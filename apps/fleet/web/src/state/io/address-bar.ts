/** The address bar says what is on screen. Nothing else reads or writes it. */

import type { Navigation } from "../navigation.ts";
import { formatPlace, type PagePlace, parsePlace } from "../place.ts";
import { pathBelowBase, serverPath } from "./base-path.ts";

export class AddressBar implements Navigation {
  readonly #window: Window;
  readonly #listeners = new Set<() => void>();
  #place: PagePlace;

  constructor(window: Window) {
    this.#window = window;
    this.#place = this.#read();
    window.addEventListener("popstate", () => this.#moved());
  }

  get place(): PagePlace {
    return this.#place;
  }

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  go(place: PagePlace): void {
    if (formatPlace(place) === formatPlace(this.#place)) return;
    this.#window.history.pushState(null, "", serverPath(formatPlace(place)));
    this.#moved();
  }

  replace(place: PagePlace): void {
    this.#window.history.replaceState(null, "", serverPath(formatPlace(place)));
    this.#moved();
  }

  #read(): PagePlace {
    return parsePlace(pathBelowBase(this.#window.location.pathname), this.#window.location.search);
  }

  #moved(): void {
    this.#place = this.#read();
    for (const listener of this.#listeners) listener();
  }
}
