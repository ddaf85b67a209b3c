import { createContext, useContext } from "react";

/** Whether what is on screen may have changed meanwhile: the page is not live. */
export const OldContext = createContext(false);

export function useOld(): boolean {
  return useContext(OldContext);
}
