/** The order of the hosts is held while the pointer or the keyboard's focus is among them. */

import { type FocusEvent, type KeyboardEvent, useMemo, useRef } from "react";

/** It gives the handlers of the element that the hosts stand in. */
export function useHold(onHeld: (held: boolean) => void, onTakeOrder: () => void) {
  const inside = useRef({ pointer: false, focus: false });
  const take = useRef(onTakeOrder);
  take.current = onTakeOrder;
  return useMemo(() => {
    const set = (what: Partial<typeof inside.current>) => {
      Object.assign(inside.current, what);
      onHeld(inside.current.pointer || inside.current.focus);
    };
    return {
      onPointerEnter: () => set({ pointer: true }),
      onPointerLeave: () => set({ pointer: false }),
      onFocus: () => set({ focus: true }),
      onBlur: ({ currentTarget, relatedTarget }: FocusEvent<HTMLElement>) => {
        if (!currentTarget.contains(relatedTarget as Node | null)) set({ focus: false });
      },
      onKeyDown: ({ key, ctrlKey, metaKey, altKey }: KeyboardEvent) => {
        if (key.toLowerCase() === "o" && !ctrlKey && !metaKey && !altKey) take.current();
      },
    };
  }, [onHeld]);
}
