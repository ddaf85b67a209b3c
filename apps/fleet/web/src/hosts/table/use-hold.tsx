/** The order of the hosts is held while the pointer or the keyboard's focus is among them. */

import { type FocusEvent, type KeyboardEvent, type PointerEvent, useEffect, useMemo, useRef } from "react";

/** It gives the handlers of the element that the hosts stand in. */
export function useHold(onHeld: (held: boolean) => void, onTakeOrder: () => void) {
  const inside = useRef<Inside>({ pointer: false, focusIn: null });
  const take = useRef(onTakeOrder);
  take.current = onTakeOrder;
  const handlers = useMemo(() => {
    const set = (what: Partial<Inside>) => {
      Object.assign(inside.current, what);
      onHeld(inside.current.pointer || inside.current.focusIn !== null);
    };
    return {
      set,
      onPointerEnter: () => set({ pointer: true }),
      onPointerLeave: ({ currentTarget }: PointerEvent<HTMLElement>) => {
        const hasFocus = currentTarget.contains(document.activeElement);
        set({ pointer: false, focusIn: hasFocus ? currentTarget : null });
      },
      onFocus: ({ currentTarget }: FocusEvent<HTMLElement>) => set({ focusIn: currentTarget }),
      onBlur: ({ currentTarget, relatedTarget }: FocusEvent<HTMLElement>) => {
        if (!currentTarget.contains(relatedTarget as Node | null)) set({ focusIn: null });
      },
      onKeyDown: ({ key, ctrlKey, metaKey, altKey }: KeyboardEvent) => {
        if (key.toLowerCase() === "o" && !ctrlKey && !metaKey && !altKey) take.current();
      },
    };
  }, [onHeld]);
  useLeavingFocus(inside, handlers.set);
  const { set: _, ...given } = handlers;
  return given;
}

interface Inside {
  pointer: boolean;
  /** The focus came into this element. Null means that it is elsewhere. */
  focusIn: HTMLElement | null;
}

/** A row that had the focus may be taken away by scrolling: then nothing tells that the focus left, besides that it is elsewhere. */
function useLeavingFocus(inside: { readonly current: Inside }, set: (what: Partial<Inside>) => void): void {
  useEffect(() => {
    const look = ({ target }: globalThis.FocusEvent) => {
      const { focusIn } = inside.current;
      if (focusIn !== null && !focusIn.contains(target as Node | null)) set({ focusIn: null });
    };
    document.addEventListener("focusin", look);
    return () => document.removeEventListener("focusin", look);
  }, [inside, set]);
}
