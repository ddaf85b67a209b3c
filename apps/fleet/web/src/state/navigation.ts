/** Navigation says where the page is, and takes it elsewhere. */

import { createContext, useContext, useSyncExternalStore } from "react";
import type { PagePlace } from "./place.ts";

export interface Navigation {
  readonly place: PagePlace;
  readonly subscribe: (listener: () => void) => () => void;
  /** The browser's "back" undoes this. */
  go(place: PagePlace): void;
  /** This belongs to the same entry of the browser's history: a filter that is being typed, a tab. */
  replace(place: PagePlace): void;
}

export const NavigationContext = createContext<Navigation | null>(null);

export function useNavigation(): Navigation {
  const navigation = useContext(NavigationContext);
  if (navigation === null) throw new Error("no Navigation around this component");
  return navigation;
}

/** With a selector, the component renders again only when the selected value is another. The selector must make no new object. */
export function usePlace(): PagePlace;
export function usePlace<T>(select: (place: PagePlace) => T): T;
export function usePlace(select: (place: PagePlace) => unknown = wholePlace): unknown {
  const navigation = useNavigation();
  return useSyncExternalStore(navigation.subscribe, () => select(navigation.place));
}

function wholePlace(place: PagePlace): PagePlace {
  return place;
}
